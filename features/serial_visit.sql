-- One row: one settlement outside stays that is a session of a treatment given day by day (knowledge.serial_treatment), or
--     of a course that goes on wherever the person otherwise is (feature.encounter.is_in_course). Its days are one course.
-- treatment: which; of several the one of most days
-- max_days: days of a month that such a course takes at most; null: every one
with visit as (
    select settlement_id, encounter_id
    from feature.settlement
    where care_setting in ('outpatient', 'emergency', 'chronic', 'maternity_outpatient', 'home', 'check_up')
),

-- Names first: there are thousands of them, and millions of lines.
named as (
    select n.item_name, k.treatment, k.max_days
    from (
        select distinct item_name from feature.fee_line where item_name is not null and care_setting <> 'inpatient'
    ) as n
    join knowledge.serial_treatment as k on regexp_matches(n.item_name, k.name_pattern)
),

session as (
    select v.settlement_id, n.treatment, n.max_days
    from visit as v
    join feature.fee_line as l on l.settlement_id = v.settlement_id
    join named as n on n.item_name = l.item_name
    union all
    select v.settlement_id, k.treatment, k.max_days
    from visit as v
    join feature.visit_diagnosis as d on d.encounter_id = v.encounter_id
    join knowledge.serial_treatment as k
        on substr(d.diagnosis_code, 1, length(k.diagnosis_prefix)) = k.diagnosis_prefix
    union all
    select v.settlement_id, 'course', null
    from visit as v
    join feature.encounter as e on e.encounter_id = v.encounter_id
    where e.is_in_course
),

placed as (
    select settlement_id, treatment, max_days,
        row_number() over (
            partition by settlement_id order by coalesce(max_days, 366) desc, treatment
        ) as place
    from session
)

select settlement_id, treatment, max_days
from placed
where place = 1
