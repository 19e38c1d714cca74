-- warn: The refunds of a settlement take back no more than it was.
-- zh: 退费合计不超过原结算金额
-- of: (select distinct original_settlement_id from record.settlement where is_refund) as r
-- needs: record.settlement.original_settlement_id
with refunded as (
    select original_settlement_id, sum(abs(total_amount)) as refunded_amount
    from record.settlement
    where is_refund and original_settlement_id is not null and coalesce(is_valid, true)
    group by original_settlement_id
)

select s.settlement_id, s.institution_id, s.total_amount, r.refunded_amount
from refunded as r
join record.settlement as s on s.settlement_id = r.original_settlement_id
where r.refunded_amount > s.total_amount + 0.05
