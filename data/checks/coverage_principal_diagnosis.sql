-- note: A stay in hospital has a principal diagnosis.
-- zh: 住院就诊有主诊断
-- of: record.encounter where substr(medical_category, 1, 1) = '2' or substr(medical_category, 1, 2) = '52'
-- needs: record.encounter.principal_diagnosis_code
select encounter_id, institution_id
from record.encounter
where (substr(medical_category, 1, 1) = '2' or substr(medical_category, 1, 2) = '52')
    and principal_diagnosis_code is null
