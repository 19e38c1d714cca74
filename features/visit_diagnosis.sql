-- One row: one coded diagnosis (ICD-10) of one encounter that stands, from the settlement list or the encounter.
-- started_on, ended_on: first and last day of the encounter; ended_on null while in hospital
-- is_principal: the principal diagnosis, by either source
with coded as (
    select r.encounter_id, d.diagnosis_code, d.diagnosis_name, case when d.is_principal then 1 else 0 end as principal,
        rank() over (partition by r.encounter_id order by case when s.settlement_id is null then 1 else 0 end) as place
    from record.diagnosis as d
    join record.settlement as r on r.settlement_id = d.settlement_id and coalesce(r.is_valid, true)
    left join feature.settlement as s on s.settlement_id = r.settlement_id
    where coalesce(d.diagnosis_type, '1') in ('1', '2') and r.encounter_id is not null
),

-- The lists of standing settlements, else of those taken back: the encounter took place all the same.
listed as (
    select encounter_id, diagnosis_code, diagnosis_name, principal
    from coded
    where place = 1
    union all
    select encounter_id, principal_diagnosis_code, principal_diagnosis_name, 1
    from feature.encounter
    where principal_diagnosis_code is not null
),

known as (
    select encounter_id, diagnosis_code, max(diagnosis_name) as diagnosis_name, max(principal) as principal
    from listed
    group by encounter_id, diagnosis_code
)

select
    k.encounter_id,
    e.person_id,
    e.started_on,
    e.ended_on,
    k.diagnosis_code,
    k.diagnosis_name,
    k.principal = 1 as is_principal
from known as k
join feature.encounter as e on e.encounter_id = k.encounter_id
