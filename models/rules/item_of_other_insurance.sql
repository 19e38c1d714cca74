/*
title       = "Item of another insurance paid by the medical insurance"
title_zh    = "限工伤、生育保险项目由基本医疗保险支付"
official    = [1, 2, 16, 17]
by_edition  = true
violation   = "insurance_mismatch"
family      = "eligibility"
fetch       = ["other_insurance"]
problem     = ["hospital-7", "pharmacy-9"]
subjects    = ["institution", "pharmacy"]
certainty   = "definite"
stage       = "audit"
window      = "line"
law         = ["regulation-15-2", "regulation-38-1-6", "rules-11"]
basis       = ["智能监管规则库（2025年版）1 药品限工伤保险、2 药品限生育保险、16 医疗服务项目限工伤保险、17 医疗服务项目限生育保险"]
needs       = ["record.settlement.insurance_type"]
exclusions  = [
    "maternity items in a maternity settlement, by medical category or maternity insurance",
    "maternity items in ordinary care for pregnancy, birth, abortion, the lying-in, contraception or infertility, by any coded diagnosis",
    "a maternity item where no diagnosis is coded: cannot judge",
    "settlements outside the basic medical insurance",
    "paid without the funds: below the deductible, from the account, in cash",
    "the insurance is unknown: cannot judge",
    "no edition of the catalogue at hand covers the day of the charge: cannot judge",
]
exclusions_zh = [
    "生育结算（按医疗类别或生育保险）中的生育项目",
    "妊娠、分娩、流产、产褥期、计划生育及不孕不育普通就医（任一编码诊断）中的生育项目",
    "无编码诊断的生育项目：无法判定",
    "基本医疗保险以外的结算",
    "未使用基金：起付线以下、个人账户或现金支付",
    "险种未知：无法判定",
    "收费日期不在现有目录版本有效期内：无法判定",
]
limits      = "Whether the work-injury insurance had accepted the injury is not known here; the money may have to be claimed there."
limits_zh   = "工伤保险是否已认定该损伤无从得知，费用可能应向其追偿。"
version     = "3"
sentence    = "{item_name}, paid by the {insurance} only, was charged to insurance {insurance_type} on {occurred_on} ({amount} yuan)"
sentence_zh = "{occurred_on} 限{insurance_zh}支付的“{item_name}”由险种 {insurance_type} 结算，涉及 {amount} 元"
*/
with diagnosed as (
    select encounter_id, max(case when substr(diagnosis_code, 1, 1) = 'O'
        or substr(diagnosis_code, 1, 3) in ('Z30', 'Z31', 'Z32', 'Z33', 'Z34', 'Z35', 'Z36', 'Z37', 'Z39', 'Z64')
        -- Contraception and, since the provinces took assisted reproduction in, infertility are maternity's too.
        or substr(diagnosis_code, 1, 3) in ('N46', 'N96', 'N97') then 1 else 0 end) as is_maternity
    from feature.visit_diagnosis
    group by encounter_id
),

limited as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.item_name, l.eligible_amount, k.insurance_kind, k.point_id, s.insurance_type,
        coalesce(s.insurance_type = '510' or substr(s.medical_category, 1, 1) = '5'
            or s.medical_category in ('2106', '2107') or d.is_maternity = 1, false) as is_maternity,
        d.encounter_id is null as is_undiagnosed,
        coalesce(s.fund_amount, 0) = 0 as is_own_money
    from feature.fee_line as l
    join knowledge.item_insurance as k
        on k.item_code = l.item_code
        and l.charged_on >= coalesce(k.valid_from, l.charged_on) and l.charged_on <= coalesce(k.valid_to, l.charged_on)
    join feature.settlement as s on s.settlement_id = l.settlement_id
    left join diagnosed as d on d.encounter_id = l.encounter_id
    where l.eligible_amount > 0
)

select
    case
        when is_own_money or (insurance_kind = 'maternity' and is_maternity) then 'clear'
        when insurance_type is null then 'cannot_judge'
        when insurance_type not in ('310', '390', '391', '392') then 'clear'
        when insurance_kind = 'maternity' and is_undiagnosed then 'cannot_judge'
        else 'hit'
    end as outcome,
    case
        when insurance_type is null then 'the insurance is unknown'
        else 'no diagnosis is known'
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
