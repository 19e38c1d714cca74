-- One row: one coded Western diagnosis (ICD-10) of one encounter that stands, from the settlement list or the
--     encounter. A diagnosis of Chinese medicine or in words is none; feature.delivered_diagnosis tells them apart.
-- started_on, ended_on: first and last day of the encounter; ended_on null while in hospital
-- is_principal: the principal diagnosis, by either source
with coded as (
    select encounter_id, diagnosis_code, max(diagnosis_name) as diagnosis_name,
        max(case when is_principal then 1 else 0 end) as principal
    from feature.delivered_diagnosis
    where kind = 'coded'
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
from coded as k
join feature.encounter as e on e.encounter_id = k.encounter_id
