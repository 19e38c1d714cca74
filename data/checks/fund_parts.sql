-- warn: The funds' total = the sum of the single funds, within 0.05 yuan.
-- zh: 基金支付总额 = 各项基金支出之和，误差0.05元内
-- of: record.settlement where fund_amount is not null
-- needs: record.settlement.fund_amount record.settlement.pooled_fund_amount
with parts as (
    select settlement_id, institution_id, fund_amount,
        coalesce(pooled_fund_amount, 0) + coalesce(civil_servant_fund_amount, 0)
        + coalesce(supplement_fund_amount, 0) + coalesce(catastrophic_fund_amount, 0)
        + coalesce(large_sum_fund_amount, 0) + coalesce(disability_fund_amount, 0)
        + coalesce(assistance_fund_amount, 0) + coalesce(other_fund_amount, 0) as parts_amount
    from record.settlement
)

select settlement_id, institution_id, fund_amount, parts_amount
from parts
where abs(fund_amount - parts_amount) > 0.05
