/*
title       = "Orders in the name of somebody no register knows"
title_zh    = "开单医师不在医保医师名录"
violation   = "unknown_practitioner"
family      = "internal_control"
fetch       = ["practitioner_register", "signatures"]
problem     = ["hospital-3", "hospital-5"]
judges      = ["practitioner"]
subjects    = ["institution"]
certainty   = "suspected"
stage       = "audit"
window      = "line"
law         = ["regulation-15-1", "regulation-38-1-7"]
basis       = ["医保支付资格管理：未取得支付资格人员提供服务；筛查模型 D02（非备案）"]
needs       = ["record.practitioner.practitioner_id", "record.fee_line.ordering_practitioner_id"]
exclusions  = [
    "registered anywhere: another rule asks about the place",
    "codes that are not a physician's (nurses, technicians, pharmacists have registers of their own)",
    "an institution whose orders are mostly unknown to the register: its register was not delivered, cannot judge",
    "the institution is unknown: cannot judge",
    "the practitioner is unknown: cannot judge",
]
exclusions_zh = [
    "在任何机构登记：机构问题由“未办理多点执业同日两处开单”规则判断",
    "非医师编码（护士、技师、药师另有名录）",
    "多数开单医师不在名录的机构：未提供其名录，无法判定",
    "机构未知：无法判定",
    "医师未知：无法判定",
]
limits      = "A newly hired physician reaches the register late; a mistyped code looks the same and shows as very few lines."
limits_zh   = "新入职医师入库滞后；编码录错也会呈现相同情形，表现为明细极少。"
version     = "1"
sentence    = "{item_name} was ordered on {occurred_on} under {code}, which the register of practitioners does not hold ({amount} yuan)"
sentence_zh = "{occurred_on} “{item_name}”开单医师编码 {code} 不在医保医师名录，涉及 {amount} 元"

[params.code_pattern]
value   = "^D[0-9]"
meaning = "codes of physicians"

[params.max_unknown]
value   = 0.3
unit    = "share"
meaning = "of an institution's physician orders; above it the register is taken to be incomplete"
*/
with register as (
    select distinct practitioner_id from record.practitioner
),

ordered as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id,
        case when l.is_pharmacy is not null then l.institution_id end as institution_id,
        l.practitioner_id, l.charged_on,
        l.item_name, l.eligible_amount, case when r.practitioner_id is null then 1 else 0 end as is_unknown
    from feature.fee_line as l
    left join register as r on r.practitioner_id = l.practitioner_id
    where not coalesce(l.is_pharmacy, false) and coalesce(regexp_matches(l.practitioner_id, $code_pattern), true)
),

institution as (
    select institution_id, cast(sum(is_unknown) as double) / greatest(cast(count(*) as double), 1.0) as unknown_share
    from ordered
    where practitioner_id is not null
    group by institution_id
)

select
    case
        when o.practitioner_id is null then 'cannot_judge'
        when o.is_unknown = 0 then 'clear'
        when o.institution_id is null then 'cannot_judge'
        when i.unknown_share > $max_unknown then 'cannot_judge'
        else 'hit'
    end as outcome,
    case
        when o.practitioner_id is null then 'the practitioner is unknown'
        when o.institution_id is null then 'the institution is unknown'
        when o.is_unknown = 1 and i.unknown_share > $max_unknown then 'the register lacks the institution'
    end as reason,
    o.settlement_id,
    o.line_id,
    o.encounter_id,
    o.person_id,
    o.institution_id,
    o.practitioner_id,
    o.charged_on as occurred_on,
    o.eligible_amount as amount,
    o.item_name,
    o.practitioner_id as code
from ordered as o
left join institution as i on i.institution_id = o.institution_id
