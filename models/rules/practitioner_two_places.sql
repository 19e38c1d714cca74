/*
title       = "Orders at two institutions on one day without registration for the second"
title_zh    = "未办理多点执业同日两处开单"
violation   = "practitioner_two_places"
family      = "capacity"
fetch       = ["practitioner_register", "workload"]
problem     = ["hospital-5"]
judges      = ["practitioner"]
subjects    = ["institution", "practitioner"]
certainty   = "suspected"
stage       = "audit"
scope       = ["outpatient", "emergency", "chronic"]
window      = "practitioner and day"
law         = ["regulation-15-1", "regulation-38-1-7"]
basis       = [
    "《医师执业注册管理办法》：多机构执业备案",
    "筛查模型 D02、D01",
]
needs       = ["record.practitioner.institution_id"]
exclusions  = [
    "registered for several places (multi-site)",
    "registered at both institutions",
    "orders of a stay: standing orders run in absence",
    "one legal representative: branches of one institution",
    "the practitioner is in no register: cannot judge",
    "the institution is unknown: cannot judge",
    "the practitioner is unknown: cannot judge",
]
exclusions_zh = [
    "登记于多处（多点执业）",
    "在两家机构均已登记",
    "住院医嘱：长期医嘱在其不在岗时延续",
    "同一法定代表人：同一机构的分支",
    "医师不在任何名录：无法判定",
    "机构未知：无法判定",
    "医师未知：无法判定",
]
limits      = "A code used by a colleague, or consultation from afar, looks the same. Whether both places can be reached in a day is not asked."
limits_zh   = "同事借用编码、远程会诊也会呈现相同情形。两地能否当日往返不作考虑。"
version     = "1"
sentence    = "{item_name} was ordered on {occurred_on} where the practitioner is not registered; the same day {home_lines} lines were ordered at {home_institution_id} ({amount} yuan)"
sentence_zh = "{occurred_on} 医师在未备案机构开具“{item_name}”，同日在{home_institution_id}另开单 {home_lines} 条，涉及 {amount} 元"
*/
with register as (
    select practitioner_id, max(case when is_multi_site then 1 else 0 end) as is_multi_site
    from record.practitioner
    group by practitioner_id
),

registered_at as (
    select distinct p.practitioner_id, coalesce(i.owner, p.institution_id) as place
    from record.practitioner as p
    left join feature.institution as i on i.institution_id = p.institution_id
),

line as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id, l.charged_on,
        l.item_name, l.eligible_amount,
        case when l.is_pharmacy is not null then coalesce(i.owner, l.institution_id) end as place
    from feature.fee_line as l
    left join feature.institution as i on i.institution_id = l.institution_id
    where not coalesce(l.is_pharmacy, false)
        and l.care_setting in ('outpatient', 'emergency', 'chronic')
),

daily as (
    select practitioner_id, charged_on, place, min(institution_id) as institution_id, count(*) as lines
    from line
    where practitioner_id is not null
    group by practitioner_id, charged_on, place
),

elsewhere as (
    select d.practitioner_id, d.charged_on, d.place, min(o.institution_id) as home_institution_id,
        sum(o.lines) as home_lines
    from daily as d
    join daily as o
        on o.practitioner_id = d.practitioner_id and o.charged_on = d.charged_on and o.place <> d.place
    group by d.practitioner_id, d.charged_on, d.place
),

somewhere as (
    select distinct practitioner_id, charged_on from daily where place is null
)

select
    case
        when r.practitioner_id is null then 'cannot_judge'
        when e.practitioner_id is not null and a.practitioner_id is null and r.is_multi_site = 0 then 'hit'
        when w.practitioner_id is not null and a.practitioner_id is null and r.is_multi_site = 0 then 'cannot_judge'
        else 'clear'
    end as outcome,
    case
        when l.practitioner_id is null then 'the practitioner is unknown'
        when r.practitioner_id is null then 'the practitioner is in no register'
        else 'the institution is unknown'
    end as reason,
    l.settlement_id,
    l.line_id,
    l.encounter_id,
    l.person_id,
    l.institution_id,
    l.practitioner_id,
    l.charged_on as occurred_on,
    l.eligible_amount as amount,
    l.item_name,
    e.home_institution_id,
    e.home_lines
from line as l
left join register as r on r.practitioner_id = l.practitioner_id
left join registered_at as a on a.practitioner_id = l.practitioner_id and a.place = l.place
left join elsewhere as e
    on e.practitioner_id = l.practitioner_id and e.charged_on = l.charged_on and e.place = l.place
left join somewhere as w on w.practitioner_id = l.practitioner_id and w.charged_on = l.charged_on
