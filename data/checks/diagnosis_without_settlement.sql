-- warn: The settlement that a listed diagnosis names is in the record.
-- zh: 清单诊断所指的结算记录存在
-- of: record.diagnosis
-- above: 0.01
select d.settlement_id, d.diagnosis_code
from record.diagnosis as d
where not exists (select 1 from record.settlement as s where s.settlement_id = d.settlement_id)
