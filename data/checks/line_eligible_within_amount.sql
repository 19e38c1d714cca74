-- warn: A line's eligible amount lies within its amount.
-- zh: 明细符合范围金额不超过明细金额
-- of: record.fee_line where eligible_amount is not null
-- needs: record.fee_line.eligible_amount
select settlement_id, line_id, institution_id, item_code, amount, eligible_amount
from record.fee_line
where abs(eligible_amount) > abs(amount) + 0.05 or (eligible_amount < 0 and amount > 0)
    or (eligible_amount > 0 and amount < 0)
