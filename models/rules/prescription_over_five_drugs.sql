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
]
exclusions_zh = [
    "中药饮片处方：限制针对西药和中成药",
    "住院医嘱",
    "药店：一张票据调配多张处方",
    "已退费冲回的药品",
    "处方号未知：无法判定",
    "机构的处方/医嘱号为逐条编号或整次就诊共用：无法判定",
    "机构未知，无从知道是否为药店：无法判定",
]
limits      = "Counts catalogue codes; two strengths of one drug count twice, and the solvent of an infusion counts too. A number that stands on services too is taken for the visit's."
limits_zh   = "按目录编码计数，同一药品两种规格计两种，输液溶媒也计入。处方号同时见于诊疗项目的，视为整次就诊共用。"
status      = "trial"
version     = "2"
sentence    = "Prescription {order_number} of {occurred_on} holds {drugs} western and patent medicines, {most} are allowed ({drug_amount} yuan)"
sentence_zh = "{occurred_on} 处方 {order_number} 开具西药、中成药 {drugs} 种，超过 {most} 种（药品费用 {drug_amount} 元）"

[params.most]
value   = 5
unit    = "drugs"
meaning = "western and patent medicines allowed on one prescription"
*/
with prescribed as (
    select settlement_id, order_number, max(encounter_id) as encounter_id, max(person_id) as person_id,
        max(institution_id) as institution_id, max(practitioner_id) as practitioner_id,
        charged_on, count(distinct item_code) as drugs, sum(eligible_amount) as drug_amount,
        sum(case when item_code is null then 1 else 0 end) as uncoded,
        max(case when is_pharmacy is null then 1 else 0 end) as is_place_unknown
    from feature.fee_line
    where catalogue_type = '101' and coalesce(fee_category, '') <> '10' and not coalesce(is_pharmacy, false)
        and care_setting not in ('inpatient', 'drugstore') and quantity > 0
    group by settlement_id, order_number, charged_on
),

told as (
    select p.*, coalesce(u.is_by_line, false) or coalesce(u.is_by_visit, false) as is_number_no_prescription
    from prescribed as p
    left join feature.order_number_use as u
        on u.institution_id = p.institution_id and not u.is_inpatient and not u.is_herb
)

select
    case
        when order_number is null or is_number_no_prescription then 'cannot_judge'
        when drugs > $most and is_place_unknown = 1 then 'cannot_judge'
        when drugs > $most then 'hit'
        when drugs + uncoded > $most then 'cannot_judge'
        else 'clear'
    end as outcome,
    case
        when order_number is null then 'the prescription number is unknown'
        when is_number_no_prescription then 'the order number is not that of a prescription'
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
from told
