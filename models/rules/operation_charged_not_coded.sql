/*
title       = "An operation was charged but is not coded"
title_zh    = "有手术收费无手术操作编码"
official    = [38]
violation   = "operation_charged_not_coded"
family      = "coding"
fetch       = ["operation_record", "coding"]
problem     = ["hospital-15", "hospital-36"]
subjects    = ["institution"]
certainty   = "suspected"
stage       = "audit"
scope       = ["inpatient"]
window      = "stay"
law         = ["regulation-16", "regulation-38-1-7", "regulation-39-1-3", "regulation-39-1-4", "rules-9"]
basis       = ["智能监管规则库（2025年版）38 手术操作编码异常；筛查模型 E05"]
needs       = ["record.procedure", "record.fee_line.fee_category"]
exclusions  = [
    "operations below {min_amount} yuan, and anaesthesia alone",
    "reversed charges",
    "a stay refunded and settled again: the list hangs on the encounter",
    "deliveries and other stays whose encounter names a procedure",
    "institutions that code less than {min_coded:%} of their operated stays: the list was not delivered, cannot judge",
    "the institution is unknown: cannot judge",
]
exclusions_zh = [
    "费用低于 {min_amount} 元的手术，以及仅麻醉",
    "已冲销的收费",
    "退费后重新结算的住院：手术操作清单关联于就诊记录",
    "分娩等就诊记录中已注明手术操作的住院",
    "手术住院编码率低于 {min_coded:%} 的机构：未提供清单，无法判定",
    "机构未知：无法判定",
]
limits      = "Either the operation was not done or the record is incomplete; on its own it is mostly the second. Operation record and anaesthesia sheet tell."
limits_zh   = "或手术未实施，或记录不完整；单独出现时多为后者。以手术记录和麻醉单为准。"
status      = "trial"
version     = "2"
sentence    = "{item_name} ({amount} yuan) was charged on {occurred_on}, but the stay has no procedure code"
sentence_zh = "{occurred_on} 收取“{item_name}” {amount} 元，该次住院无手术操作编码"

[params.min_amount]
value   = 300
unit    = "yuan"
meaning = "of one operation line from which a code is expected"

[params.min_coded]
value   = 0.5
meaning = "share of an institution's operated stays that must have a code for the list to count as delivered"

[params.anaesthesia_name]
value   = "麻醉"
meaning = "what the names of anaesthesia lines have in common"
*/
with operated as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.charged_on, l.item_name,
        l.eligible_amount
    from feature.fee_line as l
    where l.care_setting = 'inpatient' and l.fee_category = '06' and l.eligible_amount >= $min_amount
        and l.item_name not like '%' || $anaesthesia_name || '%'
),

coded as (
    select coalesce(p.encounter_id, s.encounter_id) as encounter_id
    from record.procedure as p
    left join feature.settlement as s on s.settlement_id = p.settlement_id
    union
    select encounter_id
    from record.encounter
    where coalesce(procedure_code, '') <> ''
),

place as (
    select o.institution_id, cast(count(distinct c.encounter_id) as double)
        / nullif(count(distinct o.encounter_id), 0) as coded_share
    from operated as o
    left join coded as c on c.encounter_id = o.encounter_id
    group by o.institution_id
)

select
    case
        when c.encounter_id is not null then 'clear'
        when o.institution_id is null or p.coded_share < $min_coded then 'cannot_judge'
        else 'hit'
    end as outcome,
    case when o.institution_id is null then 'the institution is unknown'
        else 'the institution codes few of its operations' end as reason,
    o.settlement_id,
    o.line_id,
    o.encounter_id,
    o.person_id,
    o.institution_id,
    cast(null as varchar) as practitioner_id,
    o.charged_on as occurred_on,
    o.eligible_amount as amount,
    o.item_name
from operated as o
left join place as p on p.institution_id = o.institution_id
left join coded as c on c.encounter_id = o.encounter_id
