-- note: A settlement has a diagnosis in the settlement list.
-- zh: 结算有清单诊断
-- of: record.settlement where not coalesce(is_refund, false)
select s.settlement_id, s.institution_id
from record.settlement as s
where not coalesce(s.is_refund, false)
    and not exists (select 1 from record.diagnosis as d where d.settlement_id = s.settlement_id)
