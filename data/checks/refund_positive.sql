-- warn: A refund's amount is negative or nil.
-- zh: 退费结算金额不为正
-- of: record.settlement where is_refund
-- needs: record.settlement.is_refund
select settlement_id, original_settlement_id, institution_id, total_amount
from record.settlement
where is_refund and total_amount > 0
