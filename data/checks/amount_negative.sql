-- warn: Only refunds have negative amounts.
-- zh: 仅退费结算金额为负
-- of: record.settlement where not coalesce(is_refund, false)
select settlement_id, institution_id, total_amount, eligible_amount, fund_amount
from record.settlement
where not coalesce(is_refund, false) and (total_amount < 0 or eligible_amount < 0 or fund_amount < 0)
