/*
title       = "The same drug bought at several drugstores on one day"
title_zh    = "同日多家药店购同一药品"
violation   = "several_stores_one_day"
family      = "frequency"
fetch       = ["store", "frequency"]
problem     = ["pharmacy-4", "pharmacy-15"]
subjects    = ["person"]
certainty   = "suspected"
stage       = "supervision"
scope       = ["drugstore"]
window      = "person and day"
law         = ["regulation-19-1", "regulation-41-1-3", "rules-31-1-3"]
basis       = ["筛查模型 C02、C04 跨机构重复购药"]
needs       = ["record.fee_line.item_code"]
exclusions  = [
    "different drugs at different stores: the first had not all of them",
    "the whole day's purchases of the drug come to less than {min_amount} yuan",
    "consumables and devices: only drugs count",
    "paid without the funds or from a relative's account: accounts are shared within the family",
    "the institution is unknown: cannot judge",
]
exclusions_zh = [
    "不同药店购不同药品：首家品种不全",
    "当日该药购买合计低于 {min_amount} 元",
    "耗材和器械：仅计药品",
    "未使用基金或由家庭共济账户支付：个人账户可供家庭成员使用",
    "机构未知：无法判定",
]
limits      = "A store that was short of stock sends the buyer on with half of the packs. Settlements sent late carry the day they were settled, so only the day of charge is used."
limits_zh   = "库存不足的药店会让购药人到他店补足。滞后上传的结算载结算日期，故仅用计费日。"
version     = "3"
sentence    = "{item_name} was bought at {stores} drugstores on {occurred_on}, {day_amount} yuan together; this one {amount} yuan"
sentence_zh = "{occurred_on} 同日在 {stores} 家药店购“{item_name}”，合计 {day_amount} 元，本条 {amount} 元"

[params.min_stores]
value   = 2
unit    = "drugstores"
meaning = "with the same drug on one day"

[params.min_amount]
value   = 100
unit    = "yuan"
meaning = "eligible amount of the drug that day over all stores"
*/
with line as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.charged_on, l.quantity,
        l.supply_days,
        coalesce(l.item_name, l.item_code) as item_name, l.eligible_amount,
        l.is_pharmacy is null as is_place_unknown
    from feature.fee_line as l
    join feature.settlement as s on s.settlement_id = l.settlement_id
    where coalesce(l.is_pharmacy, true)
        and l.catalogue_type = '101' and l.eligible_amount > 0
        and not coalesce(s.is_family_money, false)
),

daily as (
    select person_id, item_name, charged_on,
        count(distinct case when not is_place_unknown then institution_id end) as stores,
        sum(case when is_place_unknown then 0 else eligible_amount end) as day_amount,
        sum(supply_days) as supply_days, max(quantity) as most_packs,
        count(distinct case when is_place_unknown or institution_id is null then 'settled ' || settlement_id
            else institution_id end) as most_stores,
        sum(eligible_amount) as most_amount
    from line
    group by person_id, item_name, charged_on
)

select
    case
        when l.person_id is null or l.charged_on is null then 'cannot_judge'
        when not l.is_place_unknown and d.stores >= $min_stores and d.day_amount >= $min_amount then 'hit'
        when d.most_stores >= $min_stores and d.most_amount >= $min_amount then 'cannot_judge'
        else 'clear'
    end as outcome,
    case
        when l.person_id is null then 'the person is unknown'
        when l.charged_on is null then 'the day is unknown'
        else 'the institution is unknown'
    end as reason,
    l.settlement_id,
    l.line_id,
    l.encounter_id,
    l.person_id,
    l.institution_id,
    cast(null as varchar) as practitioner_id,
    l.charged_on as occurred_on,
    l.eligible_amount as amount,
    case when d.supply_days <= 31 or d.most_packs <= 1
        then 'one prescription gathered from stores of which none had enough' end as innocent,
    case when d.supply_days <= 31 or d.most_packs <= 1 then '单店库存不足、一张处方在多店凑齐' end as innocent_zh,
    l.item_name,
    d.stores,
    cast(d.day_amount as decimal(16, 2)) as day_amount
from line as l
left join daily as d on d.person_id = l.person_id and d.item_name = l.item_name and d.charged_on = l.charged_on
