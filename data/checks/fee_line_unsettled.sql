-- warn: A fee line names its settlement.
-- zh: 费用明细填有结算ID
-- of: record.fee_line
-- above: 0.01
select encounter_id, line_id, institution_id, charged_at, amount
from record.fee_line
where settlement_id is null
