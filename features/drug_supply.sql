-- One row: one drug (registered name) that a person collected on one day outside hospital stays, over all places.
-- What was bought with family money (no fund money, or a relative's account) is left out: it may be for any of them.
-- charged_on: day of collection
-- places: institutions and drugstores that gave it that day
-- quantity: packs or units as billed
-- supply_days: how long they last; null where a line does not say
-- supplied_days: what the person had collected before in the window, in days of supply; null where unknown
-- span_days: days since the first collection in the window
-- left_days: supply still at home that day before the collection, never below zero; null where unknown
-- eligible_amount: yuan
with fill as (
    select person_id, item_name as drug, charged_on, count(distinct institution_id) as places,
        sum(quantity) as quantity, case when count(supply_days) = count(*) then sum(supply_days) end as supply_days,
        cast(sum(eligible_amount) as decimal(16, 2)) as eligible_amount
    from feature.fee_line
    where catalogue_type = '101' and eligible_amount > 0 and person_id is not null and item_name is not null
        and coalesce(supply_days, 1) > 0 and not coalesce(is_family_money, false) and (care_setting <> 'inpatient' or is_take_home)
    group by person_id, item_name, charged_on
),

summed as (
    select f.*,
        sum(coalesce(supply_days, 0)) over (partition by person_id, drug order by charged_on)
            - coalesce(supply_days, 0) as supplied_days,
        date_diff('day', min(charged_on) over (partition by person_id, drug), charged_on) as span_days,
        min(case when supply_days is null then charged_on end) over (partition by person_id, drug) as unknown_on
    from fill as f
)

select person_id, drug, charged_on, places, quantity, supply_days,
    case when unknown_on is null then supplied_days end as supplied_days,
    span_days,
    -- The sum so far less the days gone by, lifted by its lowest point: nothing left.
    case when unknown_on is null then supplied_days - span_days - min(supplied_days - span_days) over (
        partition by person_id, drug order by charged_on
    ) end as left_days,
    eligible_amount
from summed
