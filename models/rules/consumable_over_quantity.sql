/*
title       = "More of a consumable than a visit or a day can take"
title_zh    = "医用耗材数量超标"
official    = [86]
violation   = "over_quantity"
family      = "overcharge"
fetch       = ["consumables"]
problem     = ["hospital-32"]
judges      = ["quantity"]
subjects    = ["institution"]
certainty   = "suspected"
stage       = "audit"
window      = "visit or day"
law         = ["regulation-15-1", "regulation-38-1-3", "rules-11"]
basis       = ["智能监管规则库（2025年版）86 医用耗材数量超标"]
needs       = ["record.fee_line.charged_at", "record.fee_line.quantity"]
exclusions  = [
    "a limit of the day, and the units were used on several days",
    "units taken back by a refund",
    "a limit of the day, and the units were posted in bulk, no more than the days of the care hold: cannot judge",
    "bought at a drugstore",
    "the institution is unknown, and with it whether it is a drugstore: cannot judge",
]
exclusions_zh = [
    "按日限量，且分多日使用",
    "已退费冲回的数量",
    "按日限量，但费用集中记账且未超过就诊天数：无法判定",
    "药店购买",
    "机构未知，无从知道是否为药店：无法判定",
]
limits      = "Limits are what one body or one day can take at most, not what is usual: they miss moderate excess. Pieces of a pack counted one by one, and several operations of one stay, look the same."
limits_zh   = "限量为人体或单日可用的最大值，并非常规用量，中等程度的超量无法发现。整包按件计数、一次住院多次手术也会呈现相同情形。"
status      = "trial"
version     = "3"
sentence    = "{quantity} units of {item_name} were charged by {occurred_on}, the {scope} takes {max_quantity}; {amount} yuan of this line are above"
sentence_zh = "{occurred_on} “{item_name}”{scope_zh}计 {quantity}，超过 {max_quantity}，本条超出部分 {amount} 元"
*/
with limited as (
    select i.item_code, i.item_name, k.time_window, k.max_quantity, k.valid_from, k.valid_to
    from (
        select distinct item_code, coalesce(item_name, '') as item_name
        from feature.fee_line
        where item_code is not null and eligible_amount > 0
    ) as i
    join knowledge.consumable_limit as k
        on i.item_code like coalesce(k.item_prefix, '') || '%'
        and i.item_name like '%' || coalesce(k.name_word, '') || '%'
),

charged as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.item_code, coalesce(l.item_name, '') as item_name, l.eligible_amount, l.quantity,
        k.time_window,
        l.is_pharmacy is null as is_place_unknown, coalesce(l.is_posted_in_bulk, false) as is_posted_in_bulk,
        -- within a day or the care of one encounter; longer windows of the calendar, of one person over all places
        case when k.time_window in ('day', 'visit', 'stay') then l.encounter_id else l.person_id end as holder_id,
        case when l.encounter_id is null or (k.time_window not in ('day', 'visit', 'stay') and l.person_id is null)
            then true else false end as is_holder_unknown,
        coalesce(cast(w.window_from as varchar), '') as day, e.calendar_days,
        cast(min(k.max_quantity) as double) as max_quantity
    from feature.fee_line as l
    join limited as k on k.item_code = l.item_code and k.item_name = coalesce(l.item_name, '')
        and l.charged_on >= coalesce(k.valid_from, l.charged_on) and l.charged_on <= coalesce(k.valid_to, l.charged_on)
    left join feature.encounter as e on e.encounter_id = l.encounter_id
    left join feature.window_day as w on w.on_date = l.charged_on and w.time_window = k.time_window
    where l.eligible_amount > 0 and not coalesce(l.is_pharmacy, false)
        and (k.time_window <> 'stay' or l.care_setting = 'inpatient')
    group by l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.item_code, l.item_name, l.eligible_amount, l.quantity, k.time_window, l.is_pharmacy,
        l.care_setting, l.is_posted_in_bulk, w.window_from, e.calendar_days
),

used as (
    select holder_id, item_code, time_window, day, cast(sum(quantity) as double) as quantity,
        max(max_quantity) as max_quantity,
        1.0 - max(max_quantity) / nullif(cast(sum(quantity) as double), 0) as excess
    from charged
    where quantity > 0
    group by holder_id, item_code, time_window, day
),

-- Units posted in bulk stand for the days of the care: what these do not hold is over all the same.
whole as (
    select encounter_id, item_code, 1.0 - max(max_quantity) * max(calendar_days)
        / nullif(cast(sum(quantity) as double), 0) as excess
    from charged
    where quantity > 0 and time_window = 'day'
    group by encounter_id, item_code
),

chosen as (
    select c.*, u.quantity as used_quantity, u.excess, a.excess as whole_excess, row_number() over (
            partition by c.settlement_id, c.line_id order by coalesce(u.excess, -1.0) desc, c.time_window
        ) as place
    from charged as c
    left join used as u
        on u.holder_id = c.holder_id and u.item_code = c.item_code and u.time_window = c.time_window
        and u.day = c.day
    left join whole as a on a.encounter_id = c.encounter_id and a.item_code = c.item_code
)

select
    case
        when quantity is null or is_holder_unknown then 'cannot_judge'
        when excess > 0 and is_place_unknown then 'cannot_judge'
        when excess > 0 and time_window = 'day' and is_posted_in_bulk and coalesce(whole_excess <= 0, true)
            then 'cannot_judge'
        when excess > 0 then 'hit'
        else 'clear'
    end as outcome,
    case
        when quantity is null then 'the quantity is unknown'
        when encounter_id is null then 'the encounter is unknown'
        when is_holder_unknown then 'the person is unknown'
        when not is_place_unknown then 'units posted in bulk may stand for several days'
        else 'the institution is unknown, and with it whether it is a drugstore'
    end as reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    cast(
        cast(eligible_amount as double) * case when time_window = 'day' and is_posted_in_bulk then whole_excess
            else excess end as decimal(16, 2)
    ) as amount,
    item_name,
    used_quantity as quantity,
    max_quantity,
    time_window as scope,
    case time_window
        when 'day' then '单日'
        when 'week' then '自然周'
        when 'month' then '自然月'
        when 'quarter' then '季度'
        when 'year' then '年度'
        when 'stay' then '本次住院'
        else '本次就诊'
    end as scope_zh
from chosen
where place = 1
union all
select 'cannot_judge', 'knowledge.consumable_limit is empty: a city table', null, null, null, null, null, null, null,
    null, null, null, null, null, null
from (select count(*) as points from knowledge.consumable_limit) as known
where points = 0
