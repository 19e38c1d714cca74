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
    "the first order of the code is later than anything the register knows: hired since, cannot judge",
    "the code is of another prefecture, whose register was not delivered: cannot judge",
    "orders on no more than {expert_days:day}, all of them in stays with an operation: an invited expert need not be registered, cannot judge",
    "an institution whose orders are mostly unknown to the register: its register was not delivered, cannot judge",
    "the institution is unknown: cannot judge",
    "the practitioner is unknown: cannot judge",
]
exclusions_zh = [
    "在任何机构登记：机构问题由“未办理多点执业同日两处开单”规则判断",
    "非医师编码（护士、技师、药师另有名录）",
    "该编码首次开单晚于名录最近登记日：名录之后入职，无法判定",
    "编码属于其他地市而未提供该地名录：无法判定",
    "开单不超过 {expert_days} 天且均在手术住院中：邀请外院专家会诊手术无需变更注册，无法判定",
    "多数开单医师不在名录的机构：未提供其名录，无法判定",
    "机构未知：无法判定",
    "医师未知：无法判定",
]
limits      = "A newly hired physician reaches the register late; a locum, an expert invited for one operation, a mistyped code look the same and show as very few lines. Ask for the day of the register first."
limits_zh   = "新入职医师入库滞后；临时代班、外请会诊、编码录错也会呈现相同情形，表现为明细极少。应先核对名录的截止日期。"
version     = "2"
sentence    = "{item_name} was ordered on {occurred_on} under {code}, which the register of practitioners does not hold ({amount} yuan)"
sentence_zh = "{occurred_on} “{item_name}”开单医师编码 {code} 不在医保医师名录，涉及 {amount} 元"

[params.code_pattern]
value   = "^D[0-9]"
meaning = "codes of physicians"

[params.max_unknown]
value   = 0.3
unit    = "share"
meaning = "of an institution's physician orders; above it the register is taken to be incomplete"

[params.expert_days]
value   = 12
unit    = "days"
meaning = "with orders, up to which a code seen only in stays with an operation may be an invited expert"
*/
with register as (
    select distinct practitioner_id from record.practitioner
),

-- The last day that the register knows of: whoever came later cannot be in it. Days to come are ends of contracts.
kept as (
    select greatest(
        coalesce(max(case when p.contract_from <= d.last_on then p.contract_from end), date '0001-01-01'),
        coalesce(max(case when p.left_on <= d.last_on then p.left_on end), date '0001-01-01'),
        coalesce(max(cast(p.updated_at as date)), date '0001-01-01')
    ) as last_on
    from record.practitioner as p
    cross join (select max(charged_on) as last_on from feature.fee_line) as d
),

-- A physician's code is D, six digits of the division that registered him, and a number.
area as (
    select distinct substr(practitioner_id, 2, 4) as prefecture from register
),

operated as (
    select distinct encounter_id
    from feature.fee_line
    where care_setting = 'inpatient' and fee_category = '06' and encounter_id is not null
),

ordered as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id,
        case when l.is_pharmacy is not null then l.institution_id end as institution_id,
        l.practitioner_id, l.charged_on, l.item_name, l.eligible_amount,
        case when r.practitioner_id is null then 1 else 0 end as is_unknown,
        case when o.encounter_id is null then 1 else 0 end as is_elsewhere
    from feature.fee_line as l
    left join register as r on r.practitioner_id = l.practitioner_id
    left join operated as o on o.encounter_id = l.encounter_id
    where not coalesce(l.is_pharmacy, false) and coalesce(regexp_matches(l.practitioner_id, $code_pattern), true)
),

institution as (
    select institution_id, cast(sum(is_unknown) as double) / greatest(cast(count(*) as double), 1.0) as unknown_share
    from ordered
    where practitioner_id is not null
    group by institution_id
),

code as (
    select o.practitioner_id, min(o.charged_on) as first_on, max(a.prefecture) as prefecture
    from ordered as o
    left join area as a on a.prefecture = substr(o.practitioner_id, 2, 4)
    where o.is_unknown = 1 and o.practitioner_id is not null
    group by o.practitioner_id
),

code_there as (
    select practitioner_id, institution_id, count(distinct charged_on) as days, max(is_elsewhere) as is_elsewhere
    from ordered
    where is_unknown = 1 and practitioner_id is not null
    group by practitioner_id, institution_id
),

judged as (
    select o.*,
        case
            when o.practitioner_id is null then 'the practitioner is unknown'
            when o.is_unknown = 0 then null
            when o.institution_id is null then 'the institution is unknown'
            when i.unknown_share > $max_unknown then 'the register lacks the institution'
            when c.prefecture is null and length(o.practitioner_id) >= 11
                then 'the register of the practitioner''s area was not delivered'
            when c.first_on > k.last_on and k.last_on > date '0001-01-01'
                then 'the register is older than the first order of the code'
            when t.is_elsewhere = 0 and t.days <= $expert_days
                then 'an expert invited to operate need not be registered'
        end as reason
    from ordered as o
    cross join kept as k
    left join institution as i on i.institution_id = o.institution_id
    left join code as c on c.practitioner_id = o.practitioner_id
    left join code_there as t
        on t.practitioner_id = o.practitioner_id and t.institution_id = o.institution_id
)

select
    case when reason is not null then 'cannot_judge' when is_unknown = 0 then 'clear' else 'hit' end as outcome,
    reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    eligible_amount as amount,
    item_name,
    practitioner_id as code
from judged
