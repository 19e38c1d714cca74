/*
title       = "Intensive care charged in a stay of ordinary beds"
title_zh    = "住普通病房床位而收重症监护"
violation   = "above_standard"
family      = "overcharge"
problem     = ["hospital-179"]
subjects    = ["institution"]
certainty   = "suspected"
stage       = "audit"
scope       = ["inpatient"]
window      = "visit"
law         = ["regulation-15-1", "regulation-38-1-3", "rules-11"]
basis       = ["定点医疗机构违法违规使用医保基金自查自纠问题清单（2025年版）第179项：非重症监护室患者收取重症监护"]
needs       = ["record.fee_line.charged_at", "record.fee_line.item_name"]
exclusions  = [
    "a bed of another kind (intensive care, laminar flow, isolation, observation) was charged in the visit",
    "the line was charged by a department of intensive care",
    "no bed is charged in the visit, or the name of one is unknown: cannot judge",
    "the settlement list has hours of intensive care or on a ventilator for the visit",
]
exclusions_zh = [
    "本次就诊收取过其他种类床位（监护病房、层流、特殊防护、观察床）",
    "明细由重症医学科开立",
    "本次就诊未收床位费，或床位名称未知：无法判定",
    "结算清单载有该次就诊的重症监护或呼吸机使用时长",
]
limits      = "Some days of ordinary beds in a stay that also knew an intensive care bed are not seen. Intensive care units of a ward (coronary, respiratory, newborn) whose beds are billed as ordinary ones look the same: the list of approved beds and the nursing record tell."
limits_zh   = "同次住院既住过监护病房又住过普通病房的，普通病房各日不再区分。专科监护单元（心脏、呼吸、新生儿等）床位按普通床位收费的也会呈现相同情形，以床位核定文件和护理记录为准。"
status      = "trial"
version     = "2"
sentence    = "{item_name} was charged on {occurred_on} ({amount} yuan, {quantity} units) in a stay whose beds are all {bed}"
sentence_zh = "{occurred_on} 收取“{item_name}”{quantity} 个计价单位 {amount} 元，本次住院所收床位均为普通床位（“{bed}”）"

[params.care_name]
value   = "^重症监护"
meaning = "how the names of intensive care begin in the national catalogue"

[params.ordinary_bed]
value   = "普通病房|套间病房"
meaning = "names of beds outside intensive care in the national catalogue"

[params.intensive_department]
value   = "A28"
meaning = "code of intensive care medicine in the list of departments"
*/
with intensive as (
    select distinct encounter_id from record.intensive_care where coalesce(hours, 1) > 0
    union
    select distinct encounter_id from record.settlement_list where ventilator_hours > 0 or ventilator_days > 0
),

care as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id, l.charged_on,
        l.item_name, l.quantity, l.eligible_amount, l.department_code
    from feature.fee_line as l
    where l.eligible_amount > 0 and l.care_setting = 'inpatient' and regexp_matches(l.item_name, $care_name)
        and l.item_name not like '%床位%'
        and coalesce(l.catalogue_type = '201', regexp_matches(l.item_code, '^[0-9]{15}$'))
),

bed as (
    select encounter_id, min(item_name) as item_name,
        max(case when item_name is null then 1 else 0 end) as is_unnamed,
        max(case when item_name is null or regexp_matches(item_name, $ordinary_bed) then 0 else 1 end) as is_other
    from feature.fee_line
    where encounter_id in (select encounter_id from care) and (fee_category = '01' or item_name like '%床位%')
    group by encounter_id
)

select
    case
        when i.encounter_id is not null then 'clear'
        when substr(c.department_code, 1, length($intensive_department)) = $intensive_department then 'clear'
        when b.is_other = 1 then 'clear'
        when b.encounter_id is null or b.is_unnamed = 1 then 'cannot_judge'
        else 'hit'
    end as outcome,
    case when b.encounter_id is null then 'no bed is charged in the visit'
        when b.is_unnamed = 1 then 'the name of a bed is unknown' end as reason,
    c.settlement_id,
    c.line_id,
    c.encounter_id,
    c.person_id,
    c.institution_id,
    c.practitioner_id,
    c.charged_on as occurred_on,
    c.eligible_amount as amount,
    c.item_name,
    cast(c.quantity as double) as quantity,
    b.item_name as bed
from care as c
left join bed as b on b.encounter_id = c.encounter_id
left join intensive as i on i.encounter_id = c.encounter_id
