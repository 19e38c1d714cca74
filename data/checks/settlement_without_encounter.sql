-- warn: The encounter that a settlement names is in the record.
-- zh: 结算记录所指的就诊记录存在
-- of: record.settlement
-- stop above: 0.5
-- needs: record.settlement
-- do: Deliver the encounters (mdtrt_d) of the same period as the settlements.
select s.settlement_id, s.encounter_id, s.institution_id, s.ended_on
from record.settlement as s
where not exists (select 1 from record.encounter as e where e.encounter_id = s.encounter_id)
