/*
title       = "More than five drugs on one prescription"
title_zh    = "单张处方药品种类超标"
official    = [46]
violation   = "over_frequency"
family      = "medication"
judges      = ["quantity"]
subjects    = ["practitioner"]
certainty   = "suspected"
stage       = "reminder"
scope       = ["outpatient", "emergency", "chronic"]
window      = "prescription"
basis       = [
    "《处方管理办法》第六条：每张西药、中成药处方不得超过五种药品",
    "智能监管规则库（2025年版）46 药品种类超标",
]
needs       = ["record.fee_line.order_number"]
exclusions  = [
    "prescriptions of herbs: the limit is for western and patent medicines",
    "orders of a hospital stay",
    "drugstores: they dispense several prescriptions on one receipt",
    "a drug taken back by a refund",
    "the prescription number is unknown: cannot judge",
    "the institution numbers lines or whole visits: cannot judge",
    "the institution is unknown, and with it whether it is a drugstore: cannot judge",
    "solvents of an infusion; two strengths or makers of one drug",
    "the number is the visit's or a line's: no visit of the institution has two, or examinations bear it too: cannot judge",
]
exclusions_zh = [
    "中药饮片处方：限制针对西药和中成药",
    "住院医嘱",
    "药店：一张票据调配多张处方",
    "已退费冲回的药品",
    "处方号未知：无法判定",
    "机构的处方/医嘱号为逐条编号或整次就诊共用：无法判定",
    "机构未知，无从知道是否为药店：无法判定",
    "输液溶媒；同一药品的不同规格、厂家",
    "号码为就诊号或明细号（机构内从无一次就诊两个号码，或检查项目共用该号）：无法判定",
]
limits      = "Counts drugs by their generic name, whatever the strength or maker, without the solvent of an infusion. Where the number counts visits or lines, nothing is judged."
limits_zh   = "按通用名计种，不论规格、厂家，输液溶媒不计。该号码为就诊号或明细号的机构不作判断。"
version     = "3"
sentence    = "Prescription {order_number} of {occurred_on} holds {drugs} western and patent medicines, {most} are allowed ({drug_amount} yuan)"
sentence_zh = "{occurred_on} 处方 {order_number} 开具西药、中成药 {drugs} 种，超过 {most} 种（药品费用 {drug_amount} 元）"

[params.most]
value   = 5
unit    = "drugs"
meaning = "western and patent medicines allowed on one prescription"

[params.solvent_pattern]
value   = "氯化钠注射液|葡萄糖注射液|葡萄糖氯化钠|注射用水|林格"
meaning = "drugs that only dissolve others"
*/
-- A number is a prescription's only where the institution gives one visit several of them, each with several drugs:
-- elsewhere it counts visits or lines.
with numbered as (
    select institution_id, settlement_id, order_number, count(*) as lines
    from feature.fee_line
    where catalogue_type = '101' and care_setting not in ('inpatient', 'drugstore') and order_number is not null
        and quantity > 0
    group by institution_id, settlement_id, order_number
),

split_visit as (
    select institution_id, settlement_id
    from numbered
    group by institution_id, settlement_id
    having count(*) > 1 and max(lines) > 1
),

prescribing as (
    select distinct institution_id from split_visit
),

-- The number of a visit stands on its examinations too, not only on the fee of the consultation.
shared_number as (
    select distinct settlement_id, order_number
    from feature.fee_line
    where catalogue_type = '201' and order_number is not null
        and not coalesce(regexp_matches(item_name, '诊查|诊察|挂号|诊疗费|药事'), false)
),

prescribed as (
    select settlement_id, order_number, max(encounter_id) as encounter_id, max(person_id) as person_id,
        max(institution_id) as institution_id, max(practitioner_id) as practitioner_id,
        charged_on,
        count(distinct substr(item_code, 1, case when item_code like 'Z%' then 11 else 10 end)) as drugs,
        sum(eligible_amount) as drug_amount,
        sum(case when item_code is null then 1 else 0 end) as uncoded,
        max(case when is_pharmacy is null then 1 else 0 end) as is_place_unknown
    from feature.fee_line
    where catalogue_type = '101' and coalesce(fee_category, '') <> '10' and not coalesce(is_pharmacy, false)
        and care_setting not in ('inpatient', 'drugstore') and quantity > 0
        and not coalesce(regexp_matches(item_name, $solvent_pattern), false)
    group by settlement_id, order_number, charged_on
),

-- Where prescriptions and orders are delivered as such, they say what a number is.
numbered_as as (
    select encounter_id, order_number, max(is_prescription) as is_prescription
    from (
        select encounter_id, order_number, 1 as is_prescription from record.prescription
        union all
        select encounter_id, order_number, 0 from record.medical_order
    ) as kinds
    where order_number is not null
    group by encounter_id, order_number
),

weighed as (
    select p.*,
        coalesce(u.is_by_line, false) or coalesce(u.is_by_visit, false) as is_number_no_prescription,
        coalesce(k.is_prescription = 1, g.institution_id is not null and n.settlement_id is null) as is_prescription
    from prescribed as p
    left join feature.order_number_use as u
        on u.institution_id = p.institution_id and not u.is_inpatient and not u.is_herb
    left join numbered_as as k on k.encounter_id = p.encounter_id and k.order_number = p.order_number
    left join prescribing as g on g.institution_id = p.institution_id
    left join shared_number as n on n.settlement_id = p.settlement_id and n.order_number = p.order_number
)

select
    case
        when order_number is null then 'cannot_judge'
        when drugs > $most and (is_number_no_prescription or not is_prescription) then 'cannot_judge'
        when drugs > $most and is_place_unknown = 1 then 'cannot_judge'
        when drugs > $most then 'hit'
        when drugs + uncoded > $most then 'cannot_judge'
        else 'clear'
    end as outcome,
    case
        when order_number is null then 'the prescription number is unknown'
        when drugs > $most and (is_number_no_prescription or not is_prescription)
            then 'the number is not known to be a prescription''s: it may be that of the whole visit'
        when drugs > $most then 'the institution is unknown, and with it whether it is a drugstore'
        else 'drugs without a code'
    end as reason,
    settlement_id,
    cast(null as varchar) as line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    cast(0 as decimal(16, 2)) as amount,
    order_number,
    drugs,
    $most as most,
    drug_amount
from weighed
