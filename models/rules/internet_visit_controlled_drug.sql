/*
title       = "Controlled drug prescribed on an internet visit"
title_zh    = "超互联网医院药品支付范围"
official    = [47]
violation   = "internet_restriction"
family      = "medication"
fetch       = ["internet_visit"]
subjects    = ["institution", "practitioner"]
certainty   = "definite"
stage       = "audit"
scope       = ["internet"]
window      = "line"
basis       = [
    "《互联网诊疗管理办法（试行）》：不得开具麻醉药品、精神药品处方",
    "智能监管规则库（2025年版）47 超互联网医院药品支付范围",
]
needs       = ["record.settlement.medical_category"]
exclusions  = [
    "visits in person, whatever the drug",
    "no medical category is known to be an internet visit: cannot judge",
]
exclusions_zh = [
    "线下就诊，不论何种药品",
    "无医疗类别可识别为互联网诊疗：无法判定",
]
limits      = "Internet visits are told by the medical category; the national codes have none, an area's own codes come with its tables. A drug fetched in person after an internet visit looks the same."
limits_zh   = "按医疗类别识别互联网诊疗；国家编码中无此类别，本地编码随当地表提供。互联网诊疗后到院取药也会呈现相同情形。"
version     = "1"
sentence    = "{item_name} was prescribed on an internet visit on {occurred_on} ({amount} yuan)"
sentence_zh = "{occurred_on} 互联网诊疗开具麻醉、精神药品“{item_name}”，涉及 {amount} 元"
*/
select
    case when k.item_code is not null then 'hit' else 'clear' end as outcome,
    cast(null as varchar) as reason,
    l.settlement_id,
    l.line_id,
    l.encounter_id,
    l.person_id,
    l.institution_id,
    l.practitioner_id,
    l.charged_on as occurred_on,
    l.eligible_amount as amount,
    l.item_name,
    k.point_id
from feature.fee_line as l
left join knowledge.internet_forbidden as k
    on k.item_code = l.item_code
    and l.charged_on >= coalesce(k.valid_from, l.charged_on) and l.charged_on <= coalesce(k.valid_to, l.charged_on)
where l.care_setting = 'internet' and l.eligible_amount > 0
union all
select 'cannot_judge', 'no medical category is known to be an internet visit: a city table', null, null, null, null,
    null, null, null, null, null, null
from (select count(*) as held from knowledge.medical_category where care_setting = 'internet') as k
where held = 0
