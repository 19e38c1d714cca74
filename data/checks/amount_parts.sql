-- warn: Total = self-paid + over limit + first paid + eligible, within 0.05 yuan.
-- zh: 医疗费总额 = 全自费 + 超限价自费 + 先行自付 + 符合范围，误差0.05元内
-- of: record.settlement where total_amount is not null and eligible_amount is not null
-- needs: record.settlement.self_paid_amount record.settlement.first_paid_amount record.settlement.eligible_amount
select settlement_id, institution_id, total_amount, self_paid_amount, over_limit_amount, first_paid_amount,
    eligible_amount
from record.settlement
where abs(
    total_amount - coalesce(self_paid_amount, 0) - coalesce(over_limit_amount, 0) - coalesce(first_paid_amount, 0)
    - eligible_amount
) > 0.05
