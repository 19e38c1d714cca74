/*
title       = "Service charged beside another that contains it (by name)"
title_zh    = "收取内含项目费用（按项目名称）"
official    = [25]
violation   = "duplicate_charge"
family      = "overcharge"
problem     = ["hospital-11", "hospital-12", "hospital-19", "hospital-22", "hospital-24", "hospital-25",
    "hospital-26", "hospital-27", "hospital-28", "hospital-29", "hospital-30", "hospital-40",
    "hospital-43", "hospital-45", "hospital-47", "hospital-48", "hospital-49", "hospital-50",
    "hospital-51", "hospital-52", "hospital-61", "hospital-65", "hospital-77", "hospital-83",
    "hospital-85", "hospital-86", "hospital-89", "hospital-94", "hospital-96", "hospital-97",
    "hospital-98", "hospital-99", "hospital-105", "hospital-114", "hospital-127", "hospital-128",
    "hospital-139", "hospital-141", "hospital-142", "hospital-143", "hospital-157", "hospital-158",
    "hospital-159", "hospital-160", "hospital-161", "hospital-175", "hospital-180", "hospital-182",
    "hospital-183", "hospital2026-260", "hospital2026-295", "hospital2026-296", "hospital2026-300", "hospital2026-303", "hospital2026-304", "hospital2026-305", "hospital2026-226", "hospital2026-228"]
subjects    = ["institution"]
certainty   = "suspected"
stage       = "audit"
window      = "day or visit"
law         = ["regulation-15-1", "regulation-38-1-3", "rules-11"]
basis       = [
    "定点医疗机构违法违规使用医保基金自查自纠问题清单（2025年版）各项重复收费",
    "智能监管规则库（2025年版）25 医疗服务项目重复收费",
]
needs       = ["record.fee_line.charged_at", "record.fee_line.item_name"]
exclusions  = [
    "pairs published by code: another rule",
    "the containing service was charged at another institution",
    "the containing service was taken back by a refund",
    "pairs within a day: the two were charged on different days",
    "pairs within a day, and the part was posted in bulk: cannot judge",
    "the institution is unknown: cannot judge",
]
exclusions_zh = [
    "已有按编码公布的项目对：由其他规则判断",
    "包含该项目的服务在其他机构收取",
    "包含该项目的服务已退费冲回",
    "限同日的项目对：两者在不同日期收取",
    "限同日的项目对，但费用集中记账：无法判定",
    "机构未知：无法判定",
]
limits      = "Told by words of the item names, from the official self-check list: whether a price document lets both be charged is the area's. Another part of the body, another hour of the day or an operation on the same day explain the two."
limits_zh   = "按项目名称词语识别，取自官方自查清单；价格文件是否允许同时收取由各地规定。不同部位、当日不同时段、同日手术均可解释两者并存。"
status      = "trial"
version     = "2"
sentence    = "{item_name} ({amount} yuan) was charged on {occurred_on} beside {containing_item}, which contains it (self-check item {problem})"
sentence_zh = "{occurred_on} 收取“{item_name}”{amount} 元，同时已收取包含该项目的“{containing_item}”（自查清单{problem_zh}）"
*/
with item as (
    select distinct item_code, item_name
    from feature.fee_line
    where item_name is not null and item_code is not null and coalesce(catalogue_type = '201', regexp_matches(item_code, '^[0-9]{15}$'))
        and not coalesce(is_pharmacy, false)
),

contained_item as (
    select k.problem, k.whole_pattern, k.part_pattern, k.time_window, k.valid_from, k.valid_to, i.item_code, i.item_name
    from item as i
    join knowledge.contained_service as k
        on regexp_matches(i.item_name, k.part_pattern)
        and not coalesce(regexp_matches(i.item_name, k.part_not_pattern), false)
),

containing_item as (
    select k.problem, k.whole_pattern, k.part_pattern, i.item_code, i.item_name
    from item as i
    join knowledge.contained_service as k
        on regexp_matches(i.item_name, k.whole_pattern)
        and not coalesce(regexp_matches(i.item_name, k.whole_not_pattern), false)
),

pair as (
    select c.item_code as part_code, c.item_name as part_name, w.item_code as whole_code, w.item_name as whole_name,
        c.time_window, c.valid_from, c.valid_to, c.problem
    from contained_item as c
    join containing_item as w
        on w.problem = c.problem and w.whole_pattern = c.whole_pattern and w.part_pattern = c.part_pattern
    left join knowledge.exclusive_pair as e on e.item_a_code = w.item_code and e.item_b_code = c.item_code
    where w.item_code <> c.item_code and e.item_a_code is null
),

part as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id, l.charged_on,
        l.item_code, l.item_name, l.eligible_amount, l.care_setting,
        coalesce(l.is_posted_in_bulk, false) as is_posted_in_bulk
    from feature.fee_line as l
    where l.eligible_amount > 0 and not coalesce(l.is_pharmacy, false)
        and l.item_code in (select item_code from contained_item)
),

whole as (
    select distinct encounter_id, person_id, institution_id, charged_on, item_code, item_name
    from feature.fee_line
    where item_code in (select whole_code from pair)
),

-- Two joins rather than one with "or": each finds its rows by equality.
met as (
    select b.settlement_id, b.line_id, k.whole_name, k.problem, k.time_window,
        coalesce(a.institution_id = b.institution_id, false) as is_there
    from part as b
    join pair as k on k.part_code = b.item_code and k.part_name = b.item_name
        and b.charged_on >= coalesce(k.valid_from, b.charged_on) and b.charged_on <= coalesce(k.valid_to, b.charged_on)
    join whole as a
        on a.item_code = k.whole_code and a.item_name = k.whole_name and a.person_id = b.person_id
        and a.charged_on = b.charged_on and coalesce(a.institution_id = b.institution_id, true)
    where k.time_window = 'day'
    union all
    select b.settlement_id, b.line_id, k.whole_name, k.problem, k.time_window,
        coalesce(a.institution_id = b.institution_id, false) as is_there
    from part as b
    join pair as k on k.part_code = b.item_code and k.part_name = b.item_name
        and b.charged_on >= coalesce(k.valid_from, b.charged_on) and b.charged_on <= coalesce(k.valid_to, b.charged_on)
    join whole as a
        on a.item_code = k.whole_code and a.item_name = k.whole_name and a.encounter_id = b.encounter_id
        and coalesce(a.institution_id = b.institution_id, true)
    where k.time_window in ('visit', 'stay') and (k.time_window = 'visit' or b.care_setting = 'inpatient')
),

chosen as (
    select settlement_id, line_id, whole_name, problem, is_there, time_window,
        row_number() over (
            partition by settlement_id, line_id order by case when is_there then 0 else 1 end, problem, whole_name
        ) as place
    from met
)

select
    case
        when c.is_there and c.time_window = 'day' and b.is_posted_in_bulk then 'cannot_judge'
        when c.is_there then 'hit'
        when c.line_id is not null then 'cannot_judge'
        when b.person_id is null or b.encounter_id is null or b.charged_on is null then 'cannot_judge'
        else 'clear'
    end as outcome,
    case
        when c.is_there then 'units posted in bulk may stand for several days'
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
    c.whole_name as containing_item,
    c.problem,
    case when c.problem like 'hospital-%' then '第' || substr(c.problem, 10) || '项' else c.problem end as problem_zh
from part as b
left join chosen as c on c.settlement_id = b.settlement_id and c.line_id = b.line_id and c.place = 1
