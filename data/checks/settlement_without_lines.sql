-- warn: A settlement has fee lines.
-- zh: 结算记录有费用明细
-- of: record.settlement where coalesce(is_valid, true) and not coalesce(is_refund, false)
-- above: 0.01
-- needs: record.settlement record.fee_line
select s.settlement_id, s.institution_id, s.ended_on, s.total_amount
from record.settlement as s
where coalesce(s.is_valid, true) and not coalesce(s.is_refund, false)
    and not exists (select 1 from record.fee_line as l where l.settlement_id = s.settlement_id)
