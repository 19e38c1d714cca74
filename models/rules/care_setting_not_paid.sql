/*
title       = "Item charged in a care setting in which it is not paid"
title_zh    = "药品、医疗服务项目限就医方式"
official    = [13, 22]
by_edition  = true
violation   = "setting_restriction"
family      = "medication"
problem     = ["hospital-7", "pharmacy-9"]
subjects    = ["institution", "pharmacy", "practitioner"]
certainty   = "definite"
stage       = "audit"
window      = "line"
law         = ["regulation-15-2", "regulation-38-1-6", "rules-11"]
basis       = ["智能监管规则库（2025年版）13 药品限就医方式、22 医疗服务项目限就医方式"]
needs       = ["record.settlement.medical_category"]
exclusions  = [
    "a drugstore purchase paid without the funds or from a relative's account: accounts are shared within the family",
    "chronic-disease, special-drug and dual-channel care, also of negotiated drugs in drugstores: many cities manage it like a stay, cannot judge until the city says",
    "a visit of several days, perhaps an observation ward: cannot judge",
    "home beds and long-term care: local rules say what they count as, cannot judge",
    "the medical category is unknown: cannot judge",
    "the institution is unknown, and with it whether it is a drugstore: cannot judge",
    "no edition of the catalogue at hand covers the day of the charge: cannot judge",
]
exclusions_zh = [
    "未使用基金或由家庭共济账户支付的药店购药：个人账户可供家庭成员使用",
    "门慢特、特药、双通道（含药店销售的谈判药品）：多地按住院管理，当地未载明前无法判定",
    "持续数日的门诊就诊，可能为留观：无法判定",
    "家庭病床、长期护理：其就医方式由当地规定，无法判定",
    "医疗类别未知：无法判定",
    "机构未知，无从知道是否为药店：无法判定",
    "收费日期不在现有目录版本有效期内：无法判定",
]
limits      = "Day surgery counts as a stay, observation as an emergency. Whether special care pays an item is for the bureau's own knowledge to say; drugs that local lists pay in ordinary out-patient care look the same."
limits_zh   = "日间手术按住院计，留观按急诊计。门慢特、特药、双通道是否支付以本地知识为准；当地允许普通门诊支付的药品也会呈现相同情形。"
version     = "3"
sentence    = "{item_name}, not paid in {setting} care, was charged on {occurred_on} ({amount} yuan)"
sentence_zh = "{occurred_on} “{item_name}”在{setting_zh}使用，不符合限定就医方式，涉及 {amount} 元"
*/
with line as (
    select l.*, l.care_setting = 'chronic' or coalesce(s.medical_category, '') in ('15', '9901', '9904', '9929')
        or (l.care_setting = 'drugstore' and coalesce(r.is_negotiated_drug, false)) as is_special,
        l.care_setting = 'outpatient' and coalesce(e.calendar_days, 1) > 1 as is_of_days, s.is_family_purchase
    from feature.fee_line as l
    join feature.settlement as s on s.settlement_id = l.settlement_id
    left join feature.encounter as e on e.encounter_id = l.encounter_id
    left join record.fee_line as r
        on r.encounter_id = l.encounter_id and r.line_id = l.line_id and r.is_negotiated_drug
    where l.eligible_amount > 0 and l.item_code in (select k.item_code from knowledge.item_care_setting as k)
),

limited as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.item_name, l.eligible_amount, l.care_setting, k.point_id, l.is_special,
        l.is_of_days and not k.allows_outpatient as is_perhaps_observed,
        case
            when l.care_setting = 'inpatient' then k.allows_inpatient
            when l.care_setting = 'emergency' then k.allows_emergency
            when l.is_special then coalesce(k.allows_special, case when k.allows_outpatient then true end)
            else k.allows_outpatient
        end as is_allowed,
        l.is_family_purchase
    from line as l
    join knowledge.item_care_setting as k
        on k.item_code = l.item_code
        and l.charged_on >= coalesce(k.valid_from, l.charged_on) and l.charged_on <= coalesce(k.valid_to, l.charged_on)
),

-- A chronic benefit that is managed like a stay may have been settled under the general category.
registered as (
    select distinct l.settlement_id, l.line_id
    from limited as l
    join record.chronic_registration as g
        on g.person_id = l.person_id and coalesce(g.is_valid, true)
        and coalesce(g.valid_from, l.charged_on) <= l.charged_on and coalesce(g.valid_to, l.charged_on) >= l.charged_on
    where l.care_setting = 'outpatient'
),

told as (
    select limited.*, g.line_id is not null as is_registered,
        case
            when care_setting is null then 'the medical category is unknown'
            when care_setting in ('home', 'care') then 'local rules say what the care setting counts as'
            when is_allowed is null and is_special then 'the city has not said whether special out-patient care pays it'
            when is_perhaps_observed then 'whether the visit of several days was an observation ward is unknown'
            when is_allowed is null then 'the knowledge says nothing of the care setting'
        end as reason
    from limited
    left join registered as g on g.settlement_id = limited.settlement_id and g.line_id = limited.line_id
)

select
    case
        when is_family_purchase then 'clear'
        when reason is not null then 'cannot_judge'
        when is_allowed then 'clear'
        when is_family_purchase is null then 'cannot_judge'
        else 'hit'
    end as outcome,
    case
        when reason is not null then reason
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
    case when is_registered then 'suspected' end as certainty,
    case when is_registered then 'a chronic benefit managed like a stay, settled as a common visit' end as innocent,
    case when is_registered then '门诊特殊病按住院管理而以普通门诊类别结算' end as innocent_zh,
    item_name,
    case
        when care_setting = 'inpatient' then 'in-patient'
        when care_setting = 'emergency' then 'emergency'
        when care_setting = 'drugstore' then 'drugstore'
        else 'out-patient'
    end as setting,
    case
        when care_setting = 'inpatient' then '住院'
        when care_setting = 'emergency' then '急诊'
        when care_setting = 'drugstore' then '药店'
        else '门诊'
    end as setting_zh,
    point_id
from told
