/*
title       = "Service charged more often than it is done (by name)"
title_zh    = "项目计收次数超过合理次数（按项目名称）"
official    = [27]
violation   = "over_frequency"
family      = "overcharge"
problem     = ["hospital-42", "hospital-64", "hospital-90", "hospital-118", "hospital-124", "hospital-125",
    "hospital-129", "hospital-146", "hospital2026-292"]
judges      = ["quantity"]
subjects    = ["institution"]
certainty   = "suspected"
stage       = "audit"
window      = "day or visit"
law         = ["regulation-15-1", "regulation-38-1-3", "rules-11"]
basis       = [
    "定点医疗机构违法违规使用医保基金自查自纠问题清单（2025年版）42、64、90、118、124、125、129、146",
    "智能监管规则库（2025年版）27 医疗服务项目限定频次",
]
needs       = ["record.fee_line.charged_at", "record.fee_line.item_name", "record.fee_line.quantity"]
exclusions  = [
    "items with a published limit by code: another rule",
    "up to the usual times",
    "a limit of the day, and the units were posted in bulk, no more than the days of the care hold: cannot judge",
    "the quantity, the person or the encounter is unknown: cannot judge",
    "different days, where the limit is of a day",
]
exclusions_zh = [
    "已有按编码公布限制的项目：由其他规则判断",
    "不超过合理次数",
    "按日限次，但费用集中记账且未超过就诊天数：无法判定",
    "数量、参保人或就诊未知：无法判定",
    "按日限次且分多日收取",
]
limits      = "Told by words of the item names, from the official self-check list. Several days posted on one, a second treatment after a failed one, intensive care and people under treatment for hepatitis look the same."
limits_zh   = "按项目名称词语识别，取自官方自查清单。多日费用集中一天记账、失败后再次治疗、重症监护、肝炎治疗人员也会呈现相同情形。"
status      = "trial"
version     = "2"
sentence    = "{item_name} was charged {times} times ({scope}) where {most} is usual; of this line of {occurred_on} {amount} yuan are above (self-check item {problem})"
sentence_zh = "{occurred_on} “{item_name}”{scope_zh}计收 {times} 次，通常不超过 {most} 次，本条超出部分 {amount} 元（自查清单{problem_zh}）"
*/
with limited as (
    select i.item_code, i.item_name, k.problem, k.name_pattern, k.time_window, k.max_times, k.valid_from, k.valid_to
    from (
        select distinct item_code, item_name
        from feature.fee_line
        where item_name is not null and item_code is not null and coalesce(catalogue_type = '201', regexp_matches(item_code, '^[0-9]{15}$'))
            and not coalesce(is_pharmacy, false)
    ) as i
    join knowledge.service_limit as k
        on regexp_matches(i.item_name, k.name_pattern)
        and not coalesce(regexp_matches(i.item_name, k.not_pattern), false)
    left join (select distinct item_code from knowledge.item_frequency) as f on f.item_code = i.item_code
    where f.item_code is null
),

line as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id, l.charged_on,
        l.item_name, l.item_code, l.eligible_amount, l.quantity, k.problem, k.time_window,
        k.max_times, coalesce(l.is_posted_in_bulk, false) as is_posted_in_bulk,
        case when k.time_window in ('day', 'visit', 'stay') then l.encounter_id else l.person_id end as holder_id,
        coalesce(w.window_from, date '1900-01-01') as window_from, e.calendar_days
    from feature.fee_line as l
    join limited as k
        on k.item_code = l.item_code and k.item_name = l.item_name
        and l.charged_on >= coalesce(k.valid_from, l.charged_on) and l.charged_on <= coalesce(k.valid_to, l.charged_on)
    left join feature.encounter as e on e.encounter_id = l.encounter_id
    left join feature.window_day as w on w.on_date = l.charged_on and w.time_window = k.time_window
    where l.eligible_amount > 0 and (k.time_window <> 'stay' or l.care_setting = 'inpatient')
),

counted as (
    select holder_id, item_code, problem, time_window, window_from, max(max_times) as most, sum(quantity) as times
    from line
    where holder_id is not null
    group by holder_id, item_code, problem, time_window, window_from
),

-- Units posted in bulk stand for the days of the care: what these do not hold is over all the same.
whole as (
    select encounter_id, item_code, problem, sum(quantity) as times, max(max_times) * max(calendar_days) as most
    from line
    where time_window = 'day'
    group by encounter_id, item_code, problem
)

select
    case
        when l.quantity is null or l.holder_id is null then 'cannot_judge'
        when c.times > c.most and l.time_window = 'day' and l.is_posted_in_bulk and coalesce(a.times <= a.most, true)
            then 'cannot_judge'
        when c.times > c.most then 'hit'
        else 'clear'
    end as outcome,
    case
        when l.quantity is null then 'the quantity is unknown'
        when l.holder_id is null then 'the person or the encounter is unknown'
        else 'units posted in bulk may stand for several days'
    end as reason,
    l.settlement_id,
    l.line_id,
    l.encounter_id,
    l.person_id,
    l.institution_id,
    l.practitioner_id,
    l.charged_on as occurred_on,
    cast(
        cast(l.eligible_amount as double) * (1.0 - case
            when l.time_window = 'day' and l.is_posted_in_bulk
                then cast(a.most as double) / nullif(cast(a.times as double), 0)
            else cast(c.most as double) / nullif(cast(c.times as double), 0)
        end) as decimal(16, 2)
    ) as amount,
    l.item_name,
    cast(c.times as double) as times,
    c.most,
    case l.time_window when 'day' then 'on the day' when 'visit' then 'in the visit' when 'stay' then 'in the stay'
        else 'in the ' || l.time_window end as scope,
    case l.time_window
        when 'day' then '当日'
        when 'week' then '本周'
        when 'month' then '当月'
        when 'quarter' then '本季度'
        when 'year' then '本年度'
        when 'stay' then '本次住院'
        else '本次就诊'
    end as scope_zh,
    c.problem,
    case when c.problem like 'hospital-%' then '第' || substr(c.problem, 10) || '项' else c.problem end as problem_zh
from line as l
left join counted as c
    on c.holder_id = l.holder_id and c.item_code = l.item_code and c.problem = l.problem
    and c.time_window = l.time_window and c.window_from = l.window_from
left join whole as a on a.encounter_id = l.encounter_id and a.item_code = l.item_code and a.problem = l.problem
