/*
title       = "Item charged again that another charged item contains"
title_zh    = "医疗服务项目重复收费"
official    = [25]
violation   = "duplicate_charge"
family      = "overcharge"
problem     = [
    "hospital-16", "hospital-17", "hospital-18", "hospital-38", "hospital-39", "hospital-62",
    "hospital-102", "hospital-140", "hospital-176",
]
judges      = ["day"]
subjects    = ["institution"]
certainty   = "definite"
stage       = "audit"
window      = "day or visit"
law         = ["regulation-15-1", "regulation-38-1-3", "rules-11"]
basis       = ["智能监管规则库（2025年版）25 医疗服务项目重复收费"]
needs       = ["record.fee_line.charged_at", "record.fee_line.item_code"]
exclusions  = [
    "the containing item was charged at another institution",
    "the containing item was taken back by a refund",
    "pairs within a day: the two were charged on different days",
    "the institution is unknown: cannot judge",
]
exclusions_zh = [
    "包含该项目的项目在其他机构收取",
    "包含该项目的项目已退费冲回",
    "限同日的项目对：两者在不同日期收取",
    "机构未知：无法判定",
]
limits      = "The published pairs do not say their window word for word; most windows are derived from the item's unit. An operation and a separate one on another part of the body, a move from intensive care to a ward within the day, and charges posted together for several days look the same: the order times tell."
limits_zh   = "公布的项目对未逐字写明时限，多数由计价单位推定。不同部位的两次手术、当日由重症监护转普通病房、多日费用集中记账也会呈现相同情形，以医嘱时间为准。"
version     = "1"
sentence    = "{item_name} ({amount} yuan) was charged on {occurred_on} together with {containing_item}, which contains it ({scope} window)"
sentence_zh = "{occurred_on} 收取“{item_name}”{amount} 元，同{scope_zh}已收取包含该项目的“{containing_item}”"
*/
with contained as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.item_code, l.item_name, l.eligible_amount
    from feature.fee_line as l
    where l.eligible_amount > 0 and not coalesce(l.is_pharmacy, false)
        and l.item_code in (select k.item_b_code from knowledge.exclusive_pair as k)
),

containing as (
    select l.encounter_id, l.person_id, l.institution_id, l.charged_on, l.item_code, max(l.item_name) as item_name
    from feature.fee_line as l
    where l.item_code in (select k.item_a_code from knowledge.exclusive_pair as k)
    group by l.encounter_id, l.person_id, l.institution_id, l.charged_on, l.item_code
),

-- Two joins rather than one with "or": each finds its rows by equality.
met as (
    select b.settlement_id, b.line_id, a.item_code, a.item_name, k.time_window, k.point_id,
        coalesce(a.institution_id = b.institution_id, false) as is_there
    from contained as b
    join knowledge.exclusive_pair as k
        on k.item_b_code = b.item_code
        and b.charged_on >= coalesce(k.valid_from, b.charged_on) and b.charged_on <= coalesce(k.valid_to, b.charged_on)
    join containing as a
        on a.item_code = k.item_a_code and a.person_id = b.person_id and a.charged_on = b.charged_on
        and coalesce(a.institution_id = b.institution_id, true)
    where k.time_window = 'day'
    union all
    select b.settlement_id, b.line_id, a.item_code, a.item_name, k.time_window, k.point_id,
        coalesce(a.institution_id = b.institution_id, false) as is_there
    from contained as b
    join knowledge.exclusive_pair as k
        on k.item_b_code = b.item_code
        and b.charged_on >= coalesce(k.valid_from, b.charged_on) and b.charged_on <= coalesce(k.valid_to, b.charged_on)
    join containing as a
        on a.item_code = k.item_a_code and a.encounter_id = b.encounter_id
        and coalesce(a.institution_id = b.institution_id, true)
    where k.time_window = 'visit'
),

chosen as (
    select settlement_id, line_id, item_code, item_name, time_window, point_id, is_there,
        row_number() over (
            partition by settlement_id, line_id
            order by case when is_there then 0 else 1 end, item_code, time_window, point_id
        ) as place
    from met
)

select
    case
        when c.is_there then 'hit'
        when c.line_id is not null then 'cannot_judge'
        when b.person_id is null or b.encounter_id is null or b.charged_on is null then 'cannot_judge'
        else 'clear'
    end as outcome,
    case
        when c.line_id is not null then 'the institution is unknown'
        when b.person_id is null or b.encounter_id is null or b.charged_on is null
            then 'the person, the encounter or the day is unknown'
    end as reason,
    b.settlement_id,
    b.line_id,
    b.encounter_id,
    b.person_id,
    b.institution_id,
    b.practitioner_id,
    b.charged_on as occurred_on,
    b.eligible_amount as amount,
    b.item_name,
    c.item_name as containing_item,
    c.item_code as containing_item_code,
    c.time_window as scope,
    case c.time_window when 'day' then '日' else '次就诊' end as scope_zh,
    c.point_id
from contained as b
left join chosen as c on c.settlement_id = b.settlement_id and c.line_id = b.line_id and c.place = 1
