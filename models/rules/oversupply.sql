/*
title       = "More of a drug collected at several places while months of it are at home"
title_zh    = "跨机构超量囤药"
violation   = "oversupply"
family      = "resale"
problem     = ["pharmacy-4", "pharmacy-14", "pharmacy-15"]
judges      = ["quantity"]
subjects    = ["person"]
certainty   = "suspected"
stage       = "supervision"
scope       = ["outpatient", "chronic", "drugstore"]
window      = "person and drug, over all institutions"
law         = ["regulation-19-1", "regulation-41-1-3", "rules-31-1-3"]
basis       = ["国家医保局医保药品倒卖模型；筛查模型 C03 超量开药"]
needs       = ["record.fee_line.supply_days"]
exclusions  = [
    "a double dose, lifelong: all collected so far lasts less than {max_rate} times the days gone by",
    "up to {min_left_days:day} at home: holidays, long prescriptions, a fill a few weeks early",
    "everything from one place: that place's prescribing is the question",
    "drugs given on the spot or during a stay (no days of supply)",
    "the person collected less than {min_amount} yuan of the drug in excess in all",
    "bought without the funds or from a relative's account: for any of the family",
    "the days of supply are unknown: cannot judge",
    "the institution is unknown: cannot judge",
]
exclusions_zh = [
    "长期双倍剂量：累计取药可用天数不足已过天数的 {max_rate} 倍",
    "手中余量不超过 {min_left_days} 天：节假日、长处方、提前数周取药",
    "全部取自同一机构：应看该机构开药情况",
    "当场使用或住院期间的药品（无供药天数）",
    "该参保人该药超量合计不足 {min_amount} 元",
    "未使用基金或由家庭共济账户支付：可供家庭成员使用",
    "供药天数未知：无法判定",
    "机构未知：无法判定",
]
limits      = "Lost or spoiled packs, a journey abroad and supplies for two who share a card look the same. One drug means one registered name; other salts and forms count apart. What was collected before the delivered period is not seen, so the true stock is larger. An untouched stock never counts negative: days without the drug are forgotten."
limits_zh   = "药品遗失或损坏、出境旅行、两人共用医保凭证也会呈现相同情形。一种药品指一个注册名称，其他盐型、剂型另计。提供数据之前取的药看不到，实际存量更大。余量不计负数，断药的天数不予结转。"
version     = "2"
sentence    = "{item_name} was collected on {occurred_on} with {left_days} days' supply still at home, {supplied_days} days' worth in {span_days} days from {institutions} places ({amount} yuan)"
sentence_zh = "{occurred_on} 又取“{item_name}”，此时手中余量约 {left_days} 天；{span_days} 天内自 {institutions} 家机构累计取得 {supplied_days} 天用量，本条 {amount} 元"

[params.min_left_days]
value   = 90
unit    = "days"
meaning = "supply still at home when more is collected"

[params.max_rate]
value   = 2.0
unit    = "times"
meaning = "days of supply collected to days gone by that a double dose explains"

[params.min_institutions]
value   = 2
unit    = "institutions"
meaning = "that gave the drug so far"

[params.min_amount]
value   = 500
unit    = "yuan"
meaning = "eligible amount of all such lines of the person and drug"
*/
with line as (
    select settlement_id, line_id, encounter_id, person_id, institution_id, charged_on,
        coalesce(item_name, item_code) as item_name, supply_days, eligible_amount
    from feature.fee_line
    where catalogue_type = '101' and care_setting in ('outpatient', 'chronic', 'drugstore')
        and eligible_amount > 0 and coalesce(supply_days, 1) > 0 and not coalesce(is_family_money, false)
),

fill as (
    select person_id, item_name, charged_on, sum(supply_days) as supply
    from line
    where person_id is not null and supply_days is not null
    group by person_id, item_name, charged_on
),

summed as (
    select person_id, item_name, charged_on, supply,
        sum(supply) over (partition by person_id, item_name order by charged_on) - supply as supplied,
        date_diff('day', min(charged_on) over (partition by person_id, item_name), charged_on) as span_days
    from fill
),

-- Leftover before each fill: the sum so far less the days gone by, lifted by its lowest point (nothing left).
stock as (
    select person_id, item_name, charged_on, supplied, span_days,
        supplied - span_days - min(supplied - span_days) over (
            partition by person_id, item_name order by charged_on
        ) as left_days
    from summed
),

first_there as (
    select person_id, item_name, institution_id, min(charged_on) as first_on
    from line
    group by person_id, item_name, institution_id, case when institution_id is null then settlement_id end
),

place as (
    select k.person_id, k.item_name, k.charged_on, count(f.institution_id) as institutions,
        count(*) as most_institutions
    from stock as k
    join first_there as f
        on f.person_id = k.person_id and f.item_name = k.item_name and f.first_on <= k.charged_on
    where k.left_days >= $min_left_days
    group by k.person_id, k.item_name, k.charged_on
),

heaped as (
    select k.person_id, k.item_name, k.charged_on, k.supplied, k.span_days, k.left_days, p.institutions
    from stock as k
    join place as p
        on p.person_id = k.person_id and p.item_name = k.item_name and p.charged_on = k.charged_on
    where k.supplied >= $max_rate * k.span_days and p.most_institutions >= $min_institutions
),

judged_line as (
    select l.*, h.supplied, h.span_days, h.left_days, h.institutions,
        sum(case when h.institutions >= $min_institutions then l.eligible_amount else 0 end) over (
            partition by l.person_id, l.item_name
        ) as heaped_amount,
        sum(case when h.person_id is not null then l.eligible_amount else 0 end) over (
            partition by l.person_id, l.item_name
        ) as most_amount
    from line as l
    left join heaped as h
        on h.person_id = l.person_id and h.item_name = l.item_name and h.charged_on = l.charged_on
        and l.supply_days is not null
)

select
    case
        when supply_days is null or person_id is null or charged_on is null then 'cannot_judge'
        when institutions >= $min_institutions and heaped_amount >= $min_amount then 'hit'
        when institutions is not null and most_amount >= $min_amount then 'cannot_judge'
        else 'clear'
    end as outcome,
    case
        when supply_days is null then 'the days of supply are unknown'
        when person_id is null then 'the person is unknown'
        when charged_on is null then 'the day is unknown'
        else 'the institution is unknown'
    end as reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    cast(null as varchar) as practitioner_id,
    charged_on as occurred_on,
    eligible_amount as amount,
    item_name,
    cast(left_days as bigint) as left_days,
    cast(supplied as bigint) as supplied_days,
    span_days,
    institutions
from judged_line
