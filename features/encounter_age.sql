-- One row: one encounter, with what its person's age is counted from where an item is paid up to an age.
-- care_began_on: first day of the care that the encounter goes on with: stays that follow one another with no day
--     between, at any institution (a transfer, a return to the hospital near home), are one; else its own first day
-- preterm_days: days that the age of a child born too soon (P07) may be counted younger: 16 weeks at most, since the
--     weeks of gestation are not delivered; 0 for others
with stay as (
    select encounter_id, person_id, started_on,
        max(coalesce(ended_on, started_on)) over (
            partition by person_id order by started_on, encounter_id
            rows between unbounded preceding and 1 preceding
        ) as left_on
    from feature.encounter
    where is_inpatient and person_id is not null
),

numbered as (
    select encounter_id, person_id, started_on,
        sum(case when date_diff('day', left_on, started_on) <= 1 then 0 else 1 end) over (
            partition by person_id order by started_on, encounter_id
        ) as chain
    from stay
),

begun as (
    select encounter_id, min(started_on) over (partition by person_id, chain) as care_began_on
    from numbered
),

preterm as (
    select distinct person_id from feature.visit_diagnosis where substr(diagnosis_code, 1, 3) = 'P07'
)

select
    e.encounter_id,
    coalesce(b.care_began_on, e.started_on) as care_began_on,
    case when p.person_id is not null then 112 else 0 end as preterm_days
from feature.encounter as e
left join begun as b on b.encounter_id = e.encounter_id
left join preterm as p on p.person_id = e.person_id
