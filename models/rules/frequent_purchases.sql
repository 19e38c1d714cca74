/*
title       = "Drugstore purchases on more days, at more stores of a month than one person needs"
title_zh    = "频繁购药"
official    = [51]
violation   = "frequent_purchases"
family      = "frequency"
fetch       = ["store", "frequency"]
problem     = ["pharmacy-4", "pharmacy-15"]
subjects    = ["person"]
certainty   = "suspected"
stage       = "supervision"
scope       = ["drugstore"]
window      = "person and calendar month, across drugstores"
law         = ["regulation-19-1", "regulation-41-1-3", "rules-31-1-3"]
basis       = ["智能监管规则库（2025年版）51 频繁购药；筛查模型 C02"]
needs       = ["record.settlement.settled_at"]
exclusions  = [
    "several settlements on one day at one store count as one purchase",
    "purchases paid without the funds or from a relative's account are not counted: accounts are shared within the family",
    "what a registered chronic or special drug benefit pays at a store, dual-channel drugs: prescribed in a hospital",
    "small purchases: no more than {min_amount} yuan in the month",
    "the institution is unknown: cannot judge",
]
exclusions_zh = [
    "同日同店多笔结算计为一次购药",
    "未使用基金或由家庭共济账户支付的购药不计：家庭共济属合法",
    "门慢特、特药待遇在药店结算的购药（双通道）：由医院开具处方",
    "小额购药：当月不超过 {min_amount} 元",
    "机构未知：无法判定",
]
limits      = "Several chronic diseases at once explain many purchases, but not many stores. Relatives collect for the bedridden."
limits_zh   = "合并多种慢性病可解释多次购药，但不能解释多家药店。也可能为家属代卧床者取药。"
version     = "3"
sentence    = "Purchases on {purchase_days} days at {stores} drugstores in the month of {occurred_on}, {month_amount} yuan; this one {amount} yuan"
sentence_zh = "{occurred_on} 所在月购药 {purchase_days} 天、{stores} 家药店，合计 {month_amount} 元，本次 {amount} 元"

[params.min_days]
value   = 8
unit    = "days"
meaning = "days with a purchase in a month"

[params.min_stores]
value   = 4
unit    = "drugstores"
meaning = "in a month"

[params.min_amount]
value   = 500
unit    = "yuan"
meaning = "eligible amount of the month that is let pass"
*/
with purchase as (
    select settlement_id, encounter_id, person_id, institution_id, settled_on, month, eligible_amount, fund_amount,
        is_pharmacy is null as is_place_unknown,
        fund_amount > 0 and coalesce(substr(medical_category, 1, 2), '') not in ('14', '15')
            and coalesce(medical_category, '') not in ('9904', '9929') as is_counted
    from feature.settlement
    where coalesce(is_pharmacy, true) and not coalesce(is_family_money, false)
),

monthly as (
    select person_id, month, count(distinct case when not is_place_unknown then settled_on end) as purchase_days,
        count(distinct institution_id) as stores,
        sum(case when is_place_unknown then 0 else eligible_amount end) as month_amount,
        count(distinct settled_on) as most_days,
        count(distinct institution_id) + sum(case when institution_id is null then 1 else 0 end) as most_stores,
        sum(eligible_amount) as most_amount
    from purchase
    where is_counted
    group by person_id, month
)

select
    case
        when p.person_id is null then 'cannot_judge'
        when p.is_counted and not p.is_place_unknown and m.month_amount > $min_amount
            and (m.purchase_days >= $min_days or m.stores >= $min_stores) then 'hit'
        when p.is_counted and m.most_amount > $min_amount
            and (m.most_days >= $min_days or m.most_stores >= $min_stores) then 'cannot_judge'
        else 'clear'
    end as outcome,
    case when p.person_id is null then 'the person is unknown' else 'the institution is unknown' end as reason,
    p.settlement_id,
    cast(null as varchar) as line_id,
    p.encounter_id,
    p.person_id,
    p.institution_id,
    cast(null as varchar) as practitioner_id,
    p.settled_on as occurred_on,
    p.eligible_amount as amount,
    m.purchase_days,
    m.stores,
    cast(m.month_amount as decimal(16, 2)) as month_amount
from purchase as p
left join monthly as m on m.person_id = p.person_id and m.month = p.month
