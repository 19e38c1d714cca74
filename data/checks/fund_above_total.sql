-- warn: The funds pay no more than the whole bill.
-- zh: 基金支付不超过医疗费总额
-- of: record.settlement where total_amount is not null and fund_amount is not null
select settlement_id, institution_id, total_amount, fund_amount
from record.settlement
where not coalesce(is_refund, false) and total_amount >= 0 and fund_amount > total_amount + 0.05
