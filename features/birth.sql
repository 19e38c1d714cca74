-- One row: one encounter of a mother, before, at or after a birth: her bill may hold the care of her children too. A
--     child's own stay is none; a newborn's that the flag of newborns (nwb_flag) tells under a parent's number is one.
-- newborns_on_bill: children, born or carried, whose care may stand on the bill beside hers: by the diagnoses of
--     outcome (Z37) and of multiple pregnancy (O30); 1 where a birth or newborns' items are on the bill and no number
--     is coded, 0 where there is no sign of either
-- most_newborns_on_bill: as many as it can be: more than newborns_on_bill only where the number is not coded
-- is_delivered: a birth in this encounter, by category, diagnosis, operation, newborns' items or the flag
with diagnosed as (
    select encounter_id,
        max(case when substr(diagnosis_code, 1, 1) = 'O' or substr(diagnosis_code, 1, 3) between 'Z33' and 'Z39'
            then 1 else 0 end) as is_mother,
        max(case when regexp_matches(diagnosis_code, '^(Z37|O8[0-4])') then 1 else 0 end) as is_delivered,
        max(case
            when regexp_matches(diagnosis_code, '^(Z37[.]?[567]|O30[.]?1)') then 3
            when regexp_matches(diagnosis_code, '^O30[.]?2') then 4
            when regexp_matches(diagnosis_code, '^(Z37[.]?[234]|O30|O84)') then 2
            when regexp_matches(diagnosis_code, '^Z37[.]?[01]') then 1
        end) as least_children,
        max(case
            when regexp_matches(diagnosis_code, '^(Z37[.]?[567]|O30[.]?[89]|O30$|O84)') then 5
            when regexp_matches(diagnosis_code, '^O30[.]?2') then 4
            when regexp_matches(diagnosis_code, '^O30[.]?1') then 3
            when regexp_matches(diagnosis_code, '^(Z37[.]?[234]|O30[.]?0)') then 2
            when regexp_matches(diagnosis_code, '^Z37[.]?[01]') then 1
        end) as most_children
    from feature.visit_diagnosis
    group by encounter_id
),

-- Children's care is told by the names of its items: bed beside the mother, bath, screening, nursing.
charged as (
    select encounter_id, max(case when regexp_matches(item_name, '新生儿|婴儿') then 1 else 0 end) as has_newborn_item,
        max(case when regexp_matches(item_name, '接生|接产|分娩|助产|剖宫产|剖腹产') then 1 else 0 end) as has_birth_item
    from feature.fee_line
    where encounter_id is not null
    group by encounter_id
),

-- Of who is older than a child only a flag or a category can say so.
flagged as (
    select distinct encounter_id
    from feature.settlement
    where is_newborn and encounter_id is not null
),

signed as (
    select e.encounter_id, d.least_children, d.most_children,
        coalesce(substr(e.medical_category, 1, 1) = '5' or e.medical_category in ('2106', '2107'), false)
            or coalesce(d.is_mother, 0) = 1 or f.encounter_id is not null as is_mother,
        coalesce(substr(e.medical_category, 1, 2) = '52' or e.medical_category in ('2106', '2107'), false)
            or coalesce(d.is_delivered, 0) = 1 or coalesce(c.has_newborn_item, 0) = 1
            or coalesce(c.has_birth_item, 0) = 1 or f.encounter_id is not null as is_delivered
    from feature.encounter as e
    left join diagnosed as d on d.encounter_id = e.encounter_id
    left join charged as c on c.encounter_id = e.encounter_id
    left join flagged as f on f.encounter_id = e.encounter_id
    left join feature.person as p on p.person_id = e.person_id
    where coalesce(date_diff('day', p.birth_on, e.started_on) > 3650, true)
)

-- A birth without a coded number may be of twins, seldom of three.
select
    encounter_id,
    cast(coalesce(least_children, case when is_delivered then 1 else 0 end) as integer) as newborns_on_bill,
    cast(coalesce(most_children, case when is_delivered then 3 else 0 end) as integer) as most_newborns_on_bill,
    is_delivered
from signed
where is_mother
