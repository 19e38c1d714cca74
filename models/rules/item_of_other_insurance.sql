/*
title       = "Item of another insurance paid by the medical insurance"
title_zh    = "限工伤、生育保险项目由基本医疗保险支付"
official    = [1, 2, 16, 17]
violation   = "insurance_mismatch"
family      = "eligibility"
fetch       = ["other_insurance"]
problem     = ["hospital-7", "pharmacy-9"]
subjects    = ["institution", "pharmacy", "practitioner"]
certainty   = "definite"
stage       = "audit"
window      = "line"
basis       = [
    "《医疗保障基金使用监督管理条例》第三十八条第（六）项：超出支付范围的费用纳入基金结算",
    "智能监管规则库（2025年版）1 药品限工伤保险、2 药品限生育保险、16 医疗服务项目限工伤保险、17 医疗服务项目限生育保险",
]
needs       = ["record.settlement.insurance_type"]
exclusions  = [
    "maternity items in a maternity settlement, by medical category or maternity insurance",
    "maternity items in an ordinary stay for pregnancy, birth or the lying-in",
    "settlements outside the basic medical insurance",
    "a drugstore purchase paid without the funds",
    "the insurance is unknown: cannot judge",
    "the institution is unknown, and with it whether it is a drugstore: cannot judge",
]
exclusions_zh = [
    "生育结算（按医疗类别或生育保险）中的生育项目",
    "妊娠、分娩、产褥期普通住院中的生育项目",
    "基本医疗保险以外的结算",
    "未使用基金的药店购药",
    "险种未知：无法判定",
    "机构未知，无从知道是否为药店：无法判定",
]
limits      = "Whether the work-injury insurance had accepted the injury is not known here; the money may have to be claimed there. Fertility treatment that an area has taken into the medical insurance looks the same."
limits_zh   = "工伤保险是否已认定该损伤无从得知，费用可能应向其追偿。当地已将辅助生殖纳入医保的，也会呈现相同情形。"
version     = "1"
sentence    = "{item_name}, paid by the {insurance} only, was charged to insurance {insurance_type} on {occurred_on} ({amount} yuan)"
sentence_zh = "{occurred_on} 限{insurance_zh}支付的“{item_name}”由险种 {insurance_type} 结算，涉及 {amount} 元"
*/
with limited as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.item_name, l.eligible_amount, k.insurance_kind, k.point_id, s.insurance_type,
        coalesce(s.insurance_type = '510' or substr(s.medical_category, 1, 1) = '5'
            or s.medical_category in ('2106', '2107') or substr(e.principal_diagnosis_code, 1, 1) = 'O'
            or substr(e.principal_diagnosis_code, 1, 3) in ('Z34', 'Z35', 'Z37', 'Z39'), false) as is_maternity,
        s.is_family_purchase
    from feature.fee_line as l
    join knowledge.item_insurance as k
        on k.item_code = l.item_code
        and l.charged_on >= coalesce(k.valid_from, l.charged_on) and l.charged_on <= coalesce(k.valid_to, l.charged_on)
    join feature.settlement as s on s.settlement_id = l.settlement_id
    left join feature.encounter as e on e.encounter_id = l.encounter_id
    where l.eligible_amount > 0
)

select
    case
        when is_family_purchase or (insurance_kind = 'maternity' and is_maternity) then 'clear'
        when insurance_type is null then 'cannot_judge'
        when insurance_type in ('310', '390', '391', '392') and is_family_purchase is null then 'cannot_judge'
        when insurance_type in ('310', '390', '391', '392') then 'hit'
        else 'clear'
    end as outcome,
    case
        when insurance_type is null then 'the insurance is unknown'
        when is_family_purchase is null then 'the institution is unknown, and with it whether it is a drugstore'
    end as reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    eligible_amount as amount,
    item_name,
    insurance_type,
    case insurance_kind when 'maternity' then 'maternity insurance' else 'work-injury insurance' end as insurance,
    case insurance_kind when 'maternity' then '生育保险' else '工伤保险' end as insurance_zh,
    point_id
from limited
