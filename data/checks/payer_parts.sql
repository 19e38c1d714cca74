-- warn: Total = funds + account + cash, plus family account and the institution's share where kept apart.
-- zh: 医疗费总额 = 基金 + 个人账户 + 现金（另列时加账户共济、医院负担）
-- of: record.settlement where total_amount is not null and fund_amount is not null
-- needs: record.settlement.fund_amount record.settlement.account_amount record.settlement.cash_amount
with rest as (
    select settlement_id, institution_id, total_amount, fund_amount, account_amount, cash_amount,
        total_amount - fund_amount - coalesce(account_amount, 0) - coalesce(cash_amount, 0) as rest_amount,
        coalesce(family_account_amount, 0) as family_amount,
        coalesce(institution_borne_amount, 0) as borne_amount
    from record.settlement
)

select settlement_id, institution_id, total_amount, fund_amount, account_amount, cash_amount, rest_amount
from rest
where abs(rest_amount) > 0.05
    and abs(rest_amount - family_amount) > 0.05
    and abs(rest_amount - borne_amount) > 0.05
    and abs(rest_amount - family_amount - borne_amount) > 0.05
