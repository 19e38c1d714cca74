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
    "registered at both institutions, or with the second as main institution",
    "orders of a stay: standing orders run in absence",
    "one legal representative: branches of one institution",
    "one community of hospitals by the bureau's list: sent out by plan",
    "public institutions of one division whose communities nobody has listed: cannot judge",
    "the practitioner is in no register: cannot judge",
    "the institution is unknown: cannot judge",
    "the practitioner is unknown: cannot judge",
]
exclusions_zh = [
    "登记于多处（多点执业）",
    "在两家机构均已登记，或第二家为其主执业机构",
    "住院医嘱：长期医嘱在其不在岗时延续",
    "同一法定代表人：同一机构的分支",
    "同一医共体、医联体成员（按医保部门提供的名单）：按安排下派、巡诊",
    "同一区划的公立机构而未提供医共体成员名单：无法判定",
    "医师不在任何名录：无法判定",
    "机构未知：无法判定",
    "医师未知：无法判定",
]
limits      = "A code used by a colleague, consultation from afar, a locum whose filing is under way look the same. Whether both places can be reached in a day is not asked."
limits_zh   = "同事借用编码、远程会诊、备案办理中的临时代班也会呈现相同情形。两地能否当日往返不作考虑。"
version     = "2"
sentence    = "{item_name} was ordered on {occurred_on} where the practitioner is not registered; the same day {home_lines} lines were ordered at {home_institution_id} ({amount} yuan)"
sentence_zh = "{occurred_on} 医师在未备案机构开具“{item_name}”，同日在{home_institution_id}另开单 {home_lines} 条，涉及 {amount} 元"
*/
with register as (
    select practitioner_id, max(case when is_multi_site then 1 else 0 end) as is_multi_site
    from record.practitioner
    group by practitioner_id
),

registered_at as (
    select p.practitioner_id, p.institution_id, i.owner, i.community_id, i.presumed_community_id
    from (
        select practitioner_id, institution_id from record.practitioner
        union
        select practitioner_id, main_institution_id from record.practitioner
    ) as p
    left join feature.institution as i on i.institution_id = p.institution_id
    where p.institution_id is not null
),

line as (
    select settlement_id, line_id, encounter_id, person_id, practitioner_id, charged_on, item_name, eligible_amount,
        institution_id, case when is_pharmacy is not null then institution_id end as place
    from feature.fee_line
    where not coalesce(is_pharmacy, false) and care_setting in ('outpatient', 'emergency', 'chronic')
),

daily as (
    select l.practitioner_id, l.charged_on, l.place, i.owner, i.community_id, i.presumed_community_id, l.lines
    from (
        select practitioner_id, charged_on, place, count(*) as lines
        from line
        where practitioner_id is not null
        group by practitioner_id, charged_on, place
    ) as l
    left join feature.institution as i on i.institution_id = l.place
),

-- Orders of the day at a place under another roof.
elsewhere as (
    select d.practitioner_id, d.charged_on, d.place, min(o.place) as home_institution_id, sum(o.lines) as home_lines
    from daily as d
    join daily as o
        on o.practitioner_id = d.practitioner_id and o.charged_on = d.charged_on and o.place <> d.place
        and not coalesce(o.owner = d.owner, false) and not coalesce(o.community_id = d.community_id, false)
    group by d.practitioner_id, d.charged_on, d.place
),

-- At home: registered there, or under its roof; perhaps at home: nobody has said which places make a community.
registered as (
    select d.practitioner_id, d.place,
        max(case when r.institution_id = d.place or r.owner = d.owner or r.community_id = d.community_id
            then 1 else 0 end) as is_home,
        max(case when r.presumed_community_id = d.presumed_community_id then 1 else 0 end) as is_perhaps_home
    from (
        select distinct practitioner_id, place, owner, community_id, presumed_community_id from daily
    ) as d
    join registered_at as r on r.practitioner_id = d.practitioner_id
    where d.place is not null
    group by d.practitioner_id, d.place
),

somewhere as (
    select distinct practitioner_id, charged_on from daily where place is null
),

judged as (
    select l.*, e.home_institution_id, e.home_lines,
        case
            when r.practitioner_id is null then 'cannot_judge'
            when coalesce(a.is_home, 0) = 1 or r.is_multi_site = 1 then 'clear'
            when e.practitioner_id is not null and a.is_perhaps_home = 1 then 'cannot_judge'
            when e.practitioner_id is not null then 'hit'
            when w.practitioner_id is not null then 'cannot_judge'
            else 'clear'
        end as outcome,
        case
            when l.practitioner_id is null then 'the practitioner is unknown'
            when r.practitioner_id is null then 'the practitioner is in no register'
            when e.practitioner_id is not null then 'nobody has listed the community of hospitals of the place'
            else 'the institution is unknown'
        end as reason
    from line as l
    left join register as r on r.practitioner_id = l.practitioner_id
    left join registered as a on a.practitioner_id = l.practitioner_id and a.place = l.place
    left join elsewhere as e
        on e.practitioner_id = l.practitioner_id and e.charged_on = l.charged_on and e.place = l.place
    left join somewhere as w on w.practitioner_id = l.practitioner_id and w.charged_on = l.charged_on
)

select
    outcome,
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
    home_institution_id,
    home_lines
from judged
