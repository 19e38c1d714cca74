-- warn: A settlement and its encounter name the same person and the same institution.
-- zh: 结算记录与其就诊记录的人员、机构一致
-- of: record.settlement where encounter_id is not null
-- stop above: 0.5
-- do: Deliver settlements and encounters whose person numbers and institution codes are written alike.
select s.settlement_id, s.encounter_id, s.institution_id, e.institution_id as encounter_institution_id
from record.settlement as s
join record.encounter as e on e.encounter_id = s.encounter_id
where s.person_id <> e.person_id or s.institution_id <> e.institution_id
