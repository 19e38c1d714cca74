-- One row: one subject and what a plain anomaly detector would be given: size, mean, spread, habits.
-- counterparts: persons an institution or practitioner served, institutions a person went to
-- each: yuan a settlement (practitioners: an encounter)
-- fund_rate: share the funds paid (practitioners: items a day); length: days of care (practitioners: lines a day)
with by_institution as (
    select case when is_pharmacy then 'pharmacy' else 'institution' end as subject_type,
        institution_id as subject_id, count(*) as volume, count(distinct person_id) as counterparts,
        count(distinct settled_on) as days, avg(eligible_amount) as each, max(eligible_amount) as dearest,
        sum(eligible_amount) as amount, avg(fund_rate) as fund_rate,
        avg(date_diff('day', started_on, ended_on)) as length
    from feature.settlement
    group by case when is_pharmacy then 'pharmacy' else 'institution' end, institution_id
),

by_person as (
    select 'person' as subject_type, person_id as subject_id, count(*) as volume,
        count(distinct institution_id) as counterparts, count(distinct settled_on) as days,
        avg(eligible_amount) as each, max(eligible_amount) as dearest, sum(eligible_amount) as amount,
        avg(fund_rate) as fund_rate, avg(date_diff('day', started_on, ended_on)) as length
    from feature.settlement
    group by person_id
),

by_practitioner as (
    select 'practitioner' as subject_type, practitioner_id as subject_id, sum(encounters) as volume,
        sum(persons) as counterparts, count(distinct charged_on) as days,
        sum(eligible_amount) / nullif(sum(encounters), 0) as each, max(eligible_amount) as dearest,
        sum(eligible_amount) as amount, avg(items) as fund_rate, avg(lines) as length
    from feature.practitioner_day
    group by practitioner_id
)

select subject_type, subject_id, cast(volume as double) as volume, cast(counterparts as double) as counterparts,
    cast(days as double) as days, cast(each as double) as each, cast(dearest as double) as dearest,
    cast(amount as double) as amount, cast(fund_rate as double) as fund_rate, cast(length as double) as length,
    cast(volume as double) / nullif(counterparts, 0) as again, cast(volume as double) / nullif(days, 0) as a_day
from (
    select * from by_institution
    union all
    select * from by_person
    union all
    select * from by_practitioner
) as everyone
order by subject_type, subject_id
