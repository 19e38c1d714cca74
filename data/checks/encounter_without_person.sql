-- warn: The person of an encounter is in the register of persons.
-- zh: 就诊人员在人员基本信息中存在
-- of: record.encounter
-- needs: record.encounter record.person
select e.encounter_id, e.person_id, e.institution_id
from record.encounter as e
where not exists (select 1 from record.person as p where p.person_id = e.person_id)
