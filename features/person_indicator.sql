-- One row: one person with a settlement over the whole window, what the indicators are made of and the indicators;
--     high is suspicious in every indicator, null where its denominator is zero. A bill is a settlement outside
--     hospital stays: a visit at an institution or a purchase at a drugstore; purchases with family money (no fund
--     money, or a relative's account) are left out, since they may be for any of the family.
-- sex: 1 male, 2 female, null unknown
-- age_band: 0 (under 1), 1, 15, 30, 45, 60, 75: the youngest of the band; null unknown
-- insurance_type: of the latest settlement
-- disease: the chronic disease registered for the person, the rarest of several, null without
-- window_months: calendar months from the record's first to its last settlement
-- bills, visits, purchases: counts
-- days, visit_days: days with a bill, with a visit
-- busiest_month_days: days with a bill in the month that has most; high: often
-- busiest_day: bills of the day that has most
-- institutions, pharmacies: places of the visits, of the purchases; high: goes from place to place
-- practitioners: who ordered for the visits; high: asks many
-- several_place_days: days with visits at two institutions or more
-- eligible_amount, bill_amount, inpatient_amount: eligible yuan of all settlements, of bills, of stays
-- placed_bills, away_bills: bills whose place's division is known, and those outside the division of residence
-- clocked_bills, night_bills: bills but emergencies with a time of day, and those from 22 to 6 o'clock
-- repeated_bills: of an amount that the person had there on another day, courses left out
-- round_bills: of whole tens of yuan
-- companion_bills: clocked and within ten minutes of the same other person's as on another day
-- ward_bills: on fund money on a day inside an own stay, its first and last day and courses left out
-- counter_bills: paid back at the agency's counter, not settled at the place
-- collections: drugs collected outside stays, one a drug and day
-- drugs, drug_places: different drugs, high: beyond one person's need; pairs of a drug and a place that gave it
-- drug_amount, dear_amount: eligible yuan for drugs outside stays, and for those dearer a unit than nine tenths
-- known_amount, held_amount: yuan of collections where the supply at home is known, and for 30 days left or more
-- resupplies, supplied_days, elapsed_days: of drugs collected on two days or more: collections after the first, days
--     of supply given before the last, days between first and last
-- stays, ended_stays, nights: stays, those that ended, their nights
-- encounters: stays and visits
-- repeated_stays: begun within 15 days of leaving any institution, expected ones left out
-- bills_per_month: bills a month of the window; high: often
-- amount_per_month, amount_per_bill: eligible yuan of bills; high: dear
-- busiest_day_share: busiest_day over bills, 0 to 1; high: all at once
-- several_place_day_share: of visit_days, 0 to 1; high: goes from place to place
-- away_share: of placed_bills, 0 to 1; high: far from home
-- night_share, companion_share: of clocked_bills, 0 to 1; high: when nobody is there; cards handed in together
-- repeated_share, round_share, ward_share, counter_share: of bills, 0 to 1; high: made up; cannot have come; on paper
-- places_per_drug: places a drug; high: the same drug from many
-- dear_share: of drug_amount, 0 to 1; high: dear drugs
-- held_share: of known_amount, 0 to 1; high: collects what is still at home
-- supply_ratio: supplied_days over elapsed_days; high: more than can be taken
-- stay_share: stays over encounters, 0 to 1; high: lies in hospital rather than visits
-- nights_per_stay: nights; high: long
-- repeated_stay_share: of stays, 0 to 1; high: stays in a row
with bill as (
    select s.settlement_id, s.person_id, s.institution_id, s.is_pharmacy, s.settled_on, s.settled_at, s.month,
        s.total_amount, s.eligible_amount, s.care_setting, s.institution_division,
        coalesce(p.residence_division, s.insured_division) as home_division,
        s.has_clock and coalesce(s.care_setting, '-') <> 'emergency' as is_clocked,
        coalesce(e.is_in_course, false) as is_in_course, coalesce(s.is_family_money, false) as is_family_money,
        coalesce(r.settlement_type, '2') = '1' as is_counter
    from feature.settlement as s
    join record.settlement as r on r.settlement_id = s.settlement_id
    left join feature.person as p on p.person_id = s.person_id
    left join feature.encounter as e on e.encounter_id = s.encounter_id
    where s.person_id is not null and coalesce(s.care_setting, '-') <> 'inpatient'
        and not coalesce(s.is_family_purchase, false)
),

span as (
    select year(last_month) * 12 + month(last_month) - year(first_month) * 12 - month(first_month) + 1
        as window_months
    from (select min(month) as first_month, max(month) as last_month from feature.settlement) as s
),

everybody as (
    select person_id, insurance_type, eligible_amount, age_years, sex,
        row_number() over (partition by person_id order by settled_at desc, settlement_id desc) as place
    from feature.settlement
    where person_id is not null
),

somebody as (
    select person_id, max(sex) as sex, max(age_years) as age_years, sum(eligible_amount) as eligible_amount,
        max(case when place = 1 then insurance_type end) as insurance_type
    from everybody
    group by person_id
),

registered as (
    select distinct person_id, disease_code
    from record.chronic_registration
    where coalesce(is_valid, true) and disease_code is not null
),

frequent as (
    select disease_code, count(*) as persons
    from registered
    group by disease_code
),

rarest as (
    select r.person_id, r.disease_code,
        row_number() over (partition by r.person_id order by f.persons, r.disease_code) as place
    from registered as r
    join frequent as f on f.disease_code = r.disease_code
),

-- Cards of two persons handed in together more than once, whoever is first.
behind as (
    select settlement_id, institution_id, person_id, settled_on, settled_at,
        lag(person_id) over w as person_before,
        hour(settled_at) * 60 + minute(settled_at)
            - lag(hour(settled_at) * 60 + minute(settled_at)) over w as minutes
    from bill
    where is_clocked
    window w as (partition by institution_id, settled_on order by settled_at, settlement_id)
),

paired as (
    select settlement_id, institution_id, settled_on, settled_at, least(person_id, person_before) as one,
        greatest(person_id, person_before) as other, person_id <> person_before and minutes <= 10 as is_near
    from behind
),

met as (
    select settlement_id, institution_id, settled_on, settled_at, is_near
        and sum(case when is_near then 1 else 0 end) over (partition by one, other)
            > sum(case when is_near then 1 else 0 end) over (partition by one, other, settled_on) as is_behind
    from paired
),

company as (
    select settlement_id,
        coalesce(is_behind, false) or coalesce(lead(is_behind) over (
            partition by institution_id, settled_on order by settled_at, settlement_id
        ), false) as is_companion
    from met
),

in_ward as (
    select distinct b.settlement_id
    from bill as b
    join feature.encounter as e
        on e.person_id = b.person_id and e.is_inpatient and b.settled_on > e.started_on
        and (b.settled_on < e.ended_on or e.is_in_hospital)
    where not b.is_in_course and not b.is_family_money
),

told as (
    select b.*, coalesce(c.is_companion, false) as is_companion, w.settlement_id is not null as is_ward,
        count(*) over (partition by b.person_id, b.institution_id, b.total_amount) as times,
        count(*) over (partition by b.person_id, b.institution_id, b.total_amount, b.settled_on) as times_of_day
    from bill as b
    left join company as c on c.settlement_id = b.settlement_id
    left join in_ward as w on w.settlement_id = b.settlement_id
),

paid as (
    select person_id, count(*) as bills, sum(case when is_pharmacy then 0 else 1 end) as visits,
        sum(case when is_pharmacy then 1 else 0 end) as purchases, sum(eligible_amount) as bill_amount,
        count(distinct case when not is_pharmacy then institution_id end) as institutions,
        count(distinct case when is_pharmacy then institution_id end) as pharmacies,
        count(case when home_division is not null then institution_division end) as placed_bills,
        sum(case when institution_division <> home_division then 1 else 0 end) as away_bills,
        sum(case when is_clocked then 1 else 0 end) as clocked_bills,
        sum(case when is_clocked and (hour(settled_at) >= 22 or hour(settled_at) < 6) then 1 else 0 end)
            as night_bills,
        sum(case when times > times_of_day and not is_in_course then 1 else 0 end) as repeated_bills,
        sum(case when total_amount % 10 = 0 then 1 else 0 end) as round_bills,
        sum(case when is_companion then 1 else 0 end) as companion_bills,
        sum(case when is_ward then 1 else 0 end) as ward_bills,
        sum(case when is_counter then 1 else 0 end) as counter_bills
    from told
    group by person_id
),

by_day as (
    select person_id, settled_on, min(month) as month, count(*) as bills,
        count(distinct case when not is_pharmacy then institution_id end) as institutions
    from bill
    group by person_id, settled_on
),

daily as (
    select person_id, count(*) as days, max(bills) as busiest_day,
        sum(case when institutions > 0 then 1 else 0 end) as visit_days,
        sum(case when institutions > 1 then 1 else 0 end) as several_place_days
    from by_day
    group by person_id
),

monthly as (
    select person_id, max(days) as busiest_month_days
    from (select person_id, month, count(*) as days from by_day group by person_id, month) as m
    group by person_id
),

dear as (
    select quantile_cont(cast(unit_price as double), 0.9) as unit_price
    from feature.fee_line
    where catalogue_type = '101' and coalesce(care_setting, '-') <> 'inpatient'
),

by_drug as (
    select l.person_id, l.item_name, l.institution_id, sum(l.eligible_amount) as drug_amount,
        sum(case when l.unit_price > d.unit_price then l.eligible_amount else 0 end) as dear_amount
    from feature.fee_line as l
    cross join dear as d
    where l.catalogue_type = '101' and coalesce(l.care_setting, '-') <> 'inpatient' and l.person_id is not null
        and l.item_name is not null
    group by l.person_id, l.item_name, l.institution_id
),

drug as (
    select person_id, count(*) as drug_places, count(distinct item_name) as drugs, sum(drug_amount) as drug_amount,
        sum(dear_amount) as dear_amount
    from by_drug
    group by person_id
),

fill as (
    select person_id, drug, count(*) as collections, max(supplied_days) as supplied_days, max(span_days) as span_days,
        sum(case when left_days is not null then eligible_amount else 0 end) as known_amount,
        sum(case when left_days >= 30 then eligible_amount else 0 end) as held_amount
    from feature.drug_supply
    group by person_id, drug
),

supply as (
    select person_id, sum(collections) as collections, sum(known_amount) as known_amount,
        sum(held_amount) as held_amount,
        sum(case when span_days > 0 and supplied_days is not null then collections - 1 else 0 end) as resupplies,
        sum(case when span_days > 0 then supplied_days else 0 end) as supplied_days,
        sum(case when supplied_days is not null then span_days else 0 end) as elapsed_days
    from fill
    group by person_id
),

ordered as (
    select person_id, count(distinct practitioner_id) as practitioners
    from feature.fee_line
    where not is_pharmacy and coalesce(care_setting, '-') <> 'inpatient'
    group by person_id
),

stay as (
    select person_id, count(*) as stays, count(days) as ended_stays, sum(days) as nights,
        sum(eligible_amount) as inpatient_amount,
        sum(case when date_diff('day', left_on, started_on) between 0 and 15 and not is_expected
            then 1 else 0 end) as repeated_stays
    from feature.stay
    group by person_id
),

counted as (
    select s.person_id, s.sex, s.age_years, s.insurance_type, s.eligible_amount, r.disease_code as disease,
        w.window_months, coalesce(b.bills, 0) as bills, coalesce(b.visits, 0) as visits,
        coalesce(b.purchases, 0) as purchases, coalesce(d.days, 0) as days, coalesce(d.visit_days, 0) as visit_days,
        coalesce(m.busiest_month_days, 0) as busiest_month_days, coalesce(d.busiest_day, 0) as busiest_day,
        coalesce(b.institutions, 0) as institutions, coalesce(b.pharmacies, 0) as pharmacies,
        coalesce(o.practitioners, 0) as practitioners, coalesce(d.several_place_days, 0) as several_place_days,
        coalesce(b.bill_amount, 0) as bill_amount, coalesce(b.placed_bills, 0) as placed_bills,
        coalesce(b.away_bills, 0) as away_bills, coalesce(b.clocked_bills, 0) as clocked_bills,
        coalesce(b.night_bills, 0) as night_bills, coalesce(b.repeated_bills, 0) as repeated_bills,
        coalesce(b.round_bills, 0) as round_bills, coalesce(b.companion_bills, 0) as companion_bills,
        coalesce(b.ward_bills, 0) as ward_bills, coalesce(b.counter_bills, 0) as counter_bills,
        coalesce(f.collections, 0) as collections, coalesce(g.drugs, 0) as drugs,
        coalesce(g.drug_places, 0) as drug_places, coalesce(g.drug_amount, 0) as drug_amount,
        coalesce(g.dear_amount, 0) as dear_amount, coalesce(f.known_amount, 0) as known_amount,
        coalesce(f.held_amount, 0) as held_amount, coalesce(f.resupplies, 0) as resupplies,
        coalesce(f.supplied_days, 0) as supplied_days, coalesce(f.elapsed_days, 0) as elapsed_days,
        coalesce(t.stays, 0) as stays, coalesce(t.ended_stays, 0) as ended_stays, coalesce(t.nights, 0) as nights,
        coalesce(t.inpatient_amount, 0) as inpatient_amount, coalesce(t.repeated_stays, 0) as repeated_stays,
        coalesce(t.stays, 0) + coalesce(b.visits, 0) as encounters
    from somebody as s
    cross join span as w
    left join rarest as r on r.person_id = s.person_id and r.place = 1
    left join paid as b on b.person_id = s.person_id
    left join daily as d on d.person_id = s.person_id
    left join monthly as m on m.person_id = s.person_id
    left join drug as g on g.person_id = s.person_id
    left join supply as f on f.person_id = s.person_id
    left join ordered as o on o.person_id = s.person_id
    left join stay as t on t.person_id = s.person_id
)

select
    person_id, sex,
    case
        when age_years < 1 then '0' when age_years < 15 then '1' when age_years < 30 then '15'
        when age_years < 45 then '30' when age_years < 60 then '45' when age_years < 75 then '60'
        when age_years >= 75 then '75'
    end as age_band,
    insurance_type, disease, window_months, bills, visits, purchases, days, visit_days, busiest_month_days, busiest_day,
    institutions, pharmacies, practitioners, several_place_days, placed_bills, away_bills, clocked_bills, night_bills,
    repeated_bills, round_bills, companion_bills, ward_bills, counter_bills, collections, drugs, drug_places,
    resupplies, elapsed_days, stays, ended_stays, nights, encounters, repeated_stays,
    cast(supplied_days as decimal(16, 2)) as supplied_days,
    cast(eligible_amount as decimal(16, 2)) as eligible_amount,
    cast(bill_amount as decimal(16, 2)) as bill_amount,
    cast(inpatient_amount as decimal(16, 2)) as inpatient_amount,
    cast(drug_amount as decimal(16, 2)) as drug_amount,
    cast(dear_amount as decimal(16, 2)) as dear_amount,
    cast(known_amount as decimal(16, 2)) as known_amount,
    cast(held_amount as decimal(16, 2)) as held_amount,
    cast(bills as double) / nullif(window_months, 0) as bills_per_month,
    cast(bill_amount as double) / nullif(window_months, 0) as amount_per_month,
    cast(bill_amount as double) / nullif(bills, 0) as amount_per_bill,
    cast(busiest_day as double) / nullif(bills, 0) as busiest_day_share,
    cast(several_place_days as double) / nullif(visit_days, 0) as several_place_day_share,
    cast(away_bills as double) / nullif(placed_bills, 0) as away_share,
    cast(night_bills as double) / nullif(clocked_bills, 0) as night_share,
    cast(companion_bills as double) / nullif(clocked_bills, 0) as companion_share,
    cast(repeated_bills as double) / nullif(bills, 0) as repeated_share,
    cast(round_bills as double) / nullif(bills, 0) as round_share,
    cast(ward_bills as double) / nullif(bills, 0) as ward_share,
    cast(counter_bills as double) / nullif(bills, 0) as counter_share,
    cast(drug_places as double) / nullif(drugs, 0) as places_per_drug,
    cast(dear_amount as double) / nullif(cast(drug_amount as double), 0) as dear_share,
    cast(held_amount as double) / nullif(cast(known_amount as double), 0) as held_share,
    cast(supplied_days as double) / nullif(elapsed_days, 0) as supply_ratio,
    cast(stays as double) / nullif(encounters, 0) as stay_share,
    cast(nights as double) / nullif(ended_stays, 0) as nights_per_stay,
    cast(repeated_stays as double) / nullif(stays, 0) as repeated_stay_share
from counted
