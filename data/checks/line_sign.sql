-- warn: A line's quantity and amount have the same sign.
-- zh: 明细数量与金额正负一致
-- of: record.fee_line where quantity is not null
-- needs: record.fee_line.quantity
select settlement_id, line_id, institution_id, item_code, quantity, amount
from record.fee_line
where (quantity < 0 and amount > 0) or (quantity > 0 and amount < 0)
