-- One row: one person in one month.
-- settlements, institutions, pharmacies: settlements that stand; distinct hospitals and drugstores
-- inpatient_days: nights of the stays that began in the month
-- drugstore_amount, total_amount, eligible_amount, fund_amount: yuan
-- days: distinct days with a settlement
-- busiest_day_institutions: most institutions on one day
with by_day as (
    select person_id, month, settled_on, count(distinct institution_id) as institutions
    from feature.settlement
    group by person_id, month, settled_on
),

busiest as (
    select person_id, month, max(institutions) as busiest_day_institutions, count(*) as days
    from by_day
    group by person_id, month
),

stays as (
    select person_id, cast(date_trunc('month', started_on) as date) as month, sum(days) as inpatient_days
    from feature.encounter
    where is_inpatient
    group by person_id, cast(date_trunc('month', started_on) as date)
),

paid as (
    select person_id, month, count(*) as settlements,
        count(distinct case when not is_pharmacy then institution_id end) as institutions,
        count(distinct case when is_pharmacy then institution_id end) as pharmacies,
        cast(sum(case when is_pharmacy then total_amount else 0 end) as decimal(16, 2)) as drugstore_amount,
        cast(sum(total_amount) as decimal(16, 2)) as total_amount,
        cast(sum(eligible_amount) as decimal(16, 2)) as eligible_amount,
        cast(sum(fund_amount) as decimal(16, 2)) as fund_amount
    from feature.settlement
    where person_id is not null
    group by person_id, month
)

select p.person_id, p.month, p.settlements, p.institutions, p.pharmacies, b.days, b.busiest_day_institutions,
    coalesce(s.inpatient_days, 0) as inpatient_days, p.drugstore_amount, p.total_amount, p.eligible_amount,
    p.fund_amount
from paid as p
join busiest as b on b.person_id = p.person_id and b.month = p.month
left join stays as s on s.person_id = p.person_id and s.month = p.month
