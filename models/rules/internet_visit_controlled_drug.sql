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
    "no medical category is known to be an internet visit, and none was charged as one: cannot judge",
]
exclusions_zh = [
    "线下就诊，不论何种药品",
    "无医疗类别可识别为互联网诊疗，也无互联网复诊收费：无法判定",
]
limits      = "Internet visits are told by the area's medical category (definite), else by the item charged for one, 互联网复诊 (suspected). The national codes have no category for them; internet visits charged as ordinary ones are not seen. A drug fetched in person after an internet visit looks the same."
limits_zh   = "互联网诊疗优先按当地医疗类别识别（明确违规），否则按收取的互联网复诊项目识别（可疑）；国家编码中无此类别，按普通门诊收费的互联网诊疗无法识别。互联网诊疗后到院取药也会呈现相同情形。"
version     = "2"
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
    case when not v.is_by_category then 'suspected' end as certainty,
    l.item_name,
    k.point_id
from feature.internet_visit as v
join feature.fee_line as l on l.settlement_id = v.settlement_id
left join knowledge.internet_forbidden as k
    on k.item_code = l.item_code
    and l.charged_on >= coalesce(k.valid_from, l.charged_on) and l.charged_on <= coalesce(k.valid_to, l.charged_on)
where l.eligible_amount > 0
union all
select 'cannot_judge', 'no medical category is known to be an internet visit: a city table', null, null, null, null,
    null, null, null, null, null, null, null
from (
    select (select count(*) from knowledge.medical_category where care_setting = 'internet')
        + (select count(*) from feature.internet_visit) as held
) as k
where held = 0
