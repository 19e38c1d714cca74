-- stop: The settlement that a fee line names is in the record.
-- zh: 费用明细所指的结算记录存在
-- of: record.fee_line where settlement_id is not null
-- above: 0.01
-- needs: record.fee_line.settlement_id
-- do: Deliver the settlements (setl_d) of the same period as the fee lines.
select l.settlement_id, l.line_id, l.institution_id, l.amount
from record.fee_line as l
where l.settlement_id is not null
    and not exists (select 1 from record.settlement as s where s.settlement_id = l.settlement_id)
