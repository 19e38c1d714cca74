-- warn: A settlement states its total, eligible and fund amounts.
-- zh: 结算记录填有医疗费总额、符合范围金额、基金支付总额
-- of: record.settlement
select settlement_id, institution_id, total_amount, eligible_amount, fund_amount
from record.settlement
where total_amount is null or eligible_amount is null or fund_amount is null
