/*
title       = "Oversized prescription of herbal pieces"
title_zh    = "中药饮片超大处方"
official    = [76]
violation   = "oversized_herbal"
family      = "medication"
subjects    = ["institution", "practitioner"]
certainty   = "suspected"
stage       = "audit"
scope       = ["outpatient", "chronic", "emergency"]
window      = "prescription"
basis       = [
    "《医疗保障基金使用监督管理条例》第三十八条第（二）项：违反诊疗规范过度开药",
    "智能监管规则库（2025年版）76 中药饮片超大处方；筛查模型 C13",
]
needs       = ["record.fee_line.quantity", "record.fee_line.supply_days"]
exclusions  = [
    "pastes and pills made for weeks (herbal_use says so): weighed as a whole",
    "herbs given during a stay",
    "the days of supply are unknown and the herbs are no more than max_herbs: cannot judge the dose",
    "no prescription number: the settlement's herbs may belong to several, only the daily dose of each line counts",
]
limits      = "A limit for each herb (rule 77) needs its own list and is not asked here; the thresholds are rough. Quantities are taken as grams; places that charge by packet of 10 grams are undercounted."
status      = "trial"
version     = "1"
sentence    = "A prescription of {herbs} herbs, {daily_grams} g a day on {occurred_on}; this line {amount} yuan"
sentence_zh = "{occurred_on} 中药饮片处方 {herbs} 味、日总量 {daily_grams} 克，本条 {amount} 元"

[params.max_herbs]
value   = 25
unit    = "herbs"
meaning = "in one prescription"

[params.max_daily_grams]
value   = 500
unit    = "grams"
meaning = "of all herbs a day"

[params.paste_pattern]
value   = "膏|丸"
meaning = "ways of use that stand for a preparation of weeks"
*/
with line as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id, l.charged_on,
        l.item_code, l.quantity, l.supply_days, l.eligible_amount, l.order_number,
        coalesce(l.order_number, l.line_id) as prescription
    from feature.fee_line as l
    left join record.fee_line as r on r.settlement_id = l.settlement_id and r.line_id = l.line_id
    where l.catalogue_type = '102' and l.care_setting in ('outpatient', 'chronic', 'emergency')
        and l.eligible_amount > 0
        and not regexp_matches(coalesce(r.herbal_use, ''), $paste_pattern)
),

prescribed as (
    select settlement_id, prescription, count(distinct item_code) as herbs,
        sum(cast(quantity as double)) / nullif(max(cast(supply_days as double)), 0) as daily_grams
    from line
    group by settlement_id, prescription
)

select
    case
        when p.herbs > $max_herbs or p.daily_grams > $max_daily_grams then 'hit'
        when p.daily_grams is null then 'cannot_judge'
        else 'clear'
    end as outcome,
    case when p.daily_grams is null then 'the days of supply are unknown' end as reason,
    l.settlement_id,
    l.line_id,
    l.encounter_id,
    l.person_id,
    l.institution_id,
    l.practitioner_id,
    l.charged_on as occurred_on,
    l.eligible_amount as amount,
    p.herbs,
    round(p.daily_grams, 0) as daily_grams
from line as l
join prescribed as p on p.settlement_id = l.settlement_id and p.prescription = l.prescription
