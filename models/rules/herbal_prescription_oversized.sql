/*
title       = "Herbal prescription of excessive size"
title_zh    = "中药饮片超大处方"
official    = [76]
violation   = "oversized_prescription"
family      = "medication"
fetch       = ["herbs"]
judges      = ["quantity"]
subjects    = ["institution", "practitioner"]
certainty   = "suspected"
stage       = "audit"
window      = "prescription"
law         = ["regulation-15-1", "regulation-38-1-2", "rules-11"]
basis       = [
    "《医院中药饮片管理规范》：超过常用剂量的处方由医师确认或重新开具",
    "智能监管规则库（2025年版）76 中药饮片超大处方；筛查模型 C13",
]
needs       = ["record.fee_line.order_number"]
exclusions  = [
    "few herbs, a dose of ordinary weight and an ordinary price, however many doses",
    "pastes and pills made for weeks (the prescription says so)",
    "weighed only where the number of doses is known",
    "the prescription number is unknown: cannot judge",
    "the institution numbers lines or whole visits: cannot judge",
    "a standing order: its days are counted apart",
    "the institution is unknown, and with it whether it is a drugstore: cannot judge",
]
exclusions_zh = [
    "味数少、每剂重量和价格正常，不论剂数多少",
    "供数周服用的膏方、丸剂（由处方注明）",
    "仅在剂数已知时计算每剂重量",
    "处方号未知：无法判定",
    "机构的处方/医嘱号为逐条编号或整次就诊共用：无法判定",
    "长期医嘱：逐日分别计算",
    "机构未知，无从知道是否为药店：无法判定",
]
limits      = "No national figure is published for a prescription's size: the three bounds are working values that a bureau sets. Pastes whose way of use was not delivered, herbs for washing and a number given to the whole visit exceed them rightly. Days of supply stand for the number of doses."
limits_zh   = "国家未公布处方规模标准，三项界限为工作参考值，由医保部门设定。用法未上传的膏方、外洗药、整次就诊共用一个处方号的，超出界限可属正常。以供药天数代替剂数。"
status      = "trial"
version     = "2"
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

[params.paste_pattern]
value   = "膏|丸"
meaning = "ways of use that stand for a preparation of weeks"
*/
with paste as (
    select settlement_id, line_id
    from record.fee_line
    where regexp_matches(herbal_use, $paste_pattern)
),

herb as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id, l.charged_on,
        l.order_number, l.item_code, l.quantity, l.supply_days, l.eligible_amount,
        l.is_pharmacy is null as is_place_unknown,
        coalesce(u.is_by_line, false) or coalesce(u.is_by_visit, false) as is_number_no_prescription
    from feature.fee_line as l
    left join feature.order_number_use as u
        on u.institution_id = l.institution_id and u.is_herb
        and u.is_inpatient = coalesce(l.care_setting = 'inpatient', false)
    left join paste as p on p.settlement_id = l.settlement_id and p.line_id = l.line_id
    where (l.catalogue_type = '102' or l.item_code like 'T%') and l.eligible_amount > 0
        and not coalesce(l.is_pharmacy, false) and p.line_id is null
),

prescription as (
    select settlement_id, order_number, charged_on, count(distinct item_code) as herbs,
        cast(sum(eligible_amount) as double) as yuan,
        cast(sum(quantity) as double) / nullif(cast(max(supply_days) as double), 0) as grams_a_dose
    from herb
    where order_number is not null
    group by settlement_id, order_number, charged_on
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
    case
        when h.order_number is null or h.is_number_no_prescription then 'cannot_judge'
        when p.excess > 0 and h.is_place_unknown then 'cannot_judge'
        when p.excess > 0 then 'hit'
        else 'clear'
    end as outcome,
    case when h.order_number is null then 'the prescription number is unknown'
        when h.is_number_no_prescription then 'the order number is not that of a prescription'
        else 'the institution is unknown, and with it whether it is a drugstore' end as reason,
    h.settlement_id,
    h.line_id,
    h.encounter_id,
    h.person_id,
    h.institution_id,
    h.practitioner_id,
    h.charged_on as occurred_on,
    cast(cast(h.eligible_amount as double) * p.excess as decimal(16, 2)) as amount,
    h.order_number,
    p.herbs,
    cast(p.grams_a_dose as decimal(16, 1)) as grams_a_dose,
    cast(p.yuan as decimal(16, 2)) as prescription_amount
from herb as h
left join sized as p
    on p.settlement_id = h.settlement_id and p.order_number = h.order_number and p.charged_on = h.charged_on
