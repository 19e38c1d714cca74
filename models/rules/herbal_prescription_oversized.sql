/*
title       = "Herbal prescription of excessive size"
title_zh    = "中药饮片超大处方"
official    = [76]
violation   = "oversized_prescription"
family      = "medication"
subjects    = ["institution", "practitioner"]
certainty   = "suspected"
stage       = "audit"
window      = "prescription"
basis       = [
    "《医疗保障基金使用监督管理条例》第十五条：不得违反诊疗规范超量开药",
    "《医院中药饮片管理规范》第三十四条：处方用量应当符合规定",
    "智能监管规则库（2025年版）76 中药饮片超大处方",
]
needs       = ["record.fee_line.order_number"]
exclusions  = [
    "few herbs, a dose of ordinary weight and an ordinary price, however many doses",
    "weighed only where the number of doses is known",
    "the prescription number is unknown: cannot judge",
]
limits      = "No national figure is published for a prescription's size: the three bounds are working values that a bureau sets. Pastes (膏方) for a whole season, herbs for washing and a number given to the whole visit exceed them rightly. Days of supply stand for the number of doses."
status      = "trial"
version     = "1"
sentence    = "The herbal prescription {order_number} of {occurred_on} holds {herbs} herbs, {grams_a_dose} g a dose, {prescription_amount} yuan in all; {amount} yuan of this line are beyond what is usual"
sentence_zh = "{occurred_on} 中药处方 {order_number} 共 {herbs} 味、每剂 {grams_a_dose} 克、合计 {prescription_amount} 元，明显过大，本条超出部分 {amount} 元"

[params.most_herbs]
value   = 25
unit    = "herbs"
meaning = "different herbs on one prescription"

[params.most_grams]
value   = 500
unit    = "grams a dose"
meaning = "weight of all herbs for one day"

[params.most_yuan]
value   = 1000
unit    = "yuan"
meaning = "eligible amount of one prescription"
*/
with herb as (
    select settlement_id, line_id, encounter_id, person_id, institution_id, practitioner_id, charged_on, order_number,
        item_code, quantity, supply_days, eligible_amount
    from feature.fee_line
    where (catalogue_type = '102' or item_code like 'T%') and eligible_amount > 0
        and not coalesce(is_pharmacy, false)
),

prescription as (
    select settlement_id, order_number, count(distinct item_code) as herbs,
        cast(sum(eligible_amount) as double) as yuan,
        cast(sum(quantity) as double) / nullif(cast(max(supply_days) as double), 0) as grams_a_dose
    from herb
    where order_number is not null
    group by settlement_id, order_number
),

sized as (
    select *, greatest(
            0.0,
            1.0 - cast($most_herbs as double) / nullif(cast(herbs as double), 0),
            1.0 - cast($most_yuan as double) / nullif(yuan, 0),
            coalesce(1.0 - cast($most_grams as double) / nullif(grams_a_dose, 0), 0.0)
        ) as excess
    from prescription
)

select
    case when h.order_number is null then 'cannot_judge' when p.excess > 0 then 'hit' else 'clear' end as outcome,
    case when h.order_number is null then 'the prescription number is unknown' end as reason,
    h.settlement_id,
    h.line_id,
    h.encounter_id,
    h.person_id,
    h.institution_id,
    h.practitioner_id,
    h.charged_on as occurred_on,
    cast(round(cast(h.eligible_amount as double) * p.excess, 2) as decimal(16, 2)) as amount,
    h.order_number,
    p.herbs,
    round(p.grams_a_dose, 1) as grams_a_dose,
    round(p.yuan, 2) as prescription_amount
from herb as h
left join sized as p on p.settlement_id = h.settlement_id and p.order_number = h.order_number
