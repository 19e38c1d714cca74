-- One row: one encounter that stands, a stay merged over its interim settlements.
-- is_inpatient: a stay in hospital
-- started_on, ended_on: first and last day; ended_on null while in hospital
-- days: nights in hospital, at least 1 for a stay; null outside hospital or while in hospital
-- settlements: standing settlements of the encounter
-- total_amount, eligible_amount, fund_amount: yuan, over all its settlements
-- principal_diagnosis_code: coded and Western, the encounter's, else the settlement list's; null where only a diagnosis
--     of Chinese medicine or in words was delivered (principal_diagnosis_name then has the words)
with paid as (
    select encounter_id, max(person_id) as person_id, max(institution_id) as institution_id,
        max(care_setting) as care_setting, max(medical_category) as medical_category,
        max(insurance_type) as insurance_type, max(payment_method) as payment_method,
        max(payment_location) as payment_location, min(started_on) as started_on, max(ended_on) as ended_on,
        count(*) as settlements, sum(total_amount) as total_amount, sum(eligible_amount) as eligible_amount,
        sum(fund_amount) as fund_amount
    from feature.settlement
    where encounter_id is not null
    group by encounter_id
),

-- Only coded Western diagnoses; the encounter's own before the settlement list's.
principal as (
    select encounter_id, source, min(diagnosis_code) as diagnosis_code, min(diagnosis_name) as diagnosis_name
    from feature.delivered_diagnosis
    where is_principal and kind = 'coded'
    group by encounter_id, source
)

select
    p.encounter_id,
    p.person_id,
    p.institution_id,
    p.care_setting,
    p.care_setting = 'inpatient' as is_inpatient,
    p.medical_category,
    p.insurance_type,
    p.payment_method,
    p.payment_location,
    coalesce(cast(e.started_at as date), p.started_on) as started_on,
    case when not coalesce(e.is_in_hospital, false)
        then coalesce(cast(e.ended_at as date), p.ended_on) end as ended_on,
    case when p.care_setting = 'inpatient' and not coalesce(e.is_in_hospital, false) then greatest(
        1, date_diff(
            'day', coalesce(cast(e.started_at as date), p.started_on), coalesce(cast(e.ended_at as date), p.ended_on)
        )
    ) end as days,
    p.settlements,
    cast(p.total_amount as decimal(16, 2)) as total_amount,
    cast(p.eligible_amount as decimal(16, 2)) as eligible_amount,
    cast(p.fund_amount as decimal(16, 2)) as fund_amount,
    coalesce(o.diagnosis_code, l.diagnosis_code) as principal_diagnosis_code,
    coalesce(o.diagnosis_name, l.diagnosis_name, e.principal_diagnosis_name) as principal_diagnosis_name,
    e.discharge_way,
    e.attending_practitioner_id,
    coalesce(e.admitting_department_code, e.discharge_department_code) as department_code,
    e.referred_from_encounter_id,
    coalesce(e.is_in_hospital, false) as is_in_hospital
from paid as p
left join record.encounter as e on e.encounter_id = p.encounter_id and coalesce(e.is_valid, true)
left join principal as o on o.encounter_id = p.encounter_id and o.source = 'encounter'
left join principal as l on l.encounter_id = p.encounter_id and l.source = 'list'
