/*
title       = "More units of an item in a week, a month, a year or a stay than are paid"
title_zh    = "医疗服务项目超周期限定次数"
official    = [27, 31]
violation   = "over_frequency"
family      = "overcharge"
judges      = ["quantity", "day"]
subjects    = ["institution"]
certainty   = "definite"
stage       = "audit"
window      = "as the limit says: calendar week, month, quarter, year; any n days; visit; stay"
law         = ["regulation-15-1", "regulation-38-1-3", "rules-11"]
basis       = ["智能监管规则库（2025年版）27 医疗服务项目限定频次、31 医疗服务项目周期超频次"]
needs       = ["record.fee_line.charged_at", "record.fee_line.quantity"]
exclusions  = [
    "limits of a day: another rule",
    "up to the limit: only the last units, beyond it, are at issue",
    "units on both sides of the end of a calendar window: each window counts anew",
    "a mother's bill: her children's units beside hers; a living donor's beside the receiver's",
    "units posted in bulk, which may stand for days of another window: cannot judge",
    "the quantity is unknown: cannot judge",
    "the person or the encounter is unknown: cannot judge",
]
exclusions_zh = [
    "按日限定的：由其他规则判断",
    "限额以内的部分：仅计超出的最后若干次",
    "跨自然周期的：每一周期重新起算",
    "产妇账单：另计新生儿的数量；移植受者账单：另计活体供者的数量",
    "集中记账、可能属于其他周期的：无法判定",
    "数量未知：无法判定",
    "参保人或就诊未知：无法判定",
]
limits      = "The day of charge stands for the day of use. Where units of the window stand at several institutions, which cannot know of each other, or the window rolls, the finding is suspected only."
limits_zh   = "以收费日代替使用日。同一周期内分布在多家机构（彼此无从得知）或按滚动天数计算的，仅列为可疑。"
version     = "3"
sentence    = "{item_name}: {so_far} units by {occurred_on}, {max_quantity} are paid ({time_window}); {amount} yuan of this line are over"
sentence_zh = "“{item_name}”至 {occurred_on} 累计 {so_far}，超过{time_window_zh}限定的 {max_quantity}，本条超出部分 {amount} 元"
*/
with limited as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.item_code, l.item_name, l.eligible_amount, l.quantity,
        -- Units posted in bulk are of this window for certain only where the care began within it.
        coalesce(l.is_posted_in_bulk, false) and k.time_window not in ('visit', 'stay')
            and coalesce(e.started_on < w.window_from, true) as is_of_other_window,
        k.time_window, k.point_id, k.layer,
        k.max_quantity * case when k.time_window in ('visit', 'stay')
            then 1 + coalesce(b.most_newborns_on_bill, 0) + coalesce(d.donors_on_bill, 0) else 1 end as max_quantity,
        case when k.time_window like '% days'
            then cast(substr(k.time_window, 1, length(k.time_window) - 5) as integer) end as rolling_days,
        case
            when k.time_window in ('visit', 'stay') then l.encounter_id
            when k.time_window like '% days' then l.person_id
            else l.person_id || '|' || cast(w.window_from as varchar)
        end as holder_id
    from feature.fee_line as l
    join knowledge.item_frequency as k
        on k.item_code = l.item_code
        and l.charged_on >= coalesce(k.valid_from, l.charged_on) and l.charged_on <= coalesce(k.valid_to, l.charged_on)
    left join feature.encounter as e on e.encounter_id = l.encounter_id
    left join feature.window_day as w on w.on_date = l.charged_on and w.time_window = k.time_window
    left join feature.birth as b on b.encounter_id = l.encounter_id
    left join feature.donor_on_bill as d on d.encounter_id = l.encounter_id
    where k.time_window <> 'day' and l.eligible_amount > 0
        and (k.time_window <> 'stay' or l.care_setting = 'inpatient')
),

-- Units of the window up to each line, in the order of their days.
fixed as (
    select settlement_id, line_id, time_window,
        sum(quantity) over (
            partition by holder_id, item_code, time_window order by charged_on, settlement_id, line_id
            rows between unbounded preceding and current row
        ) as so_far,
        max(case when is_of_other_window then 1 else 0 end) over (
            partition by holder_id, item_code, time_window order by charged_on, settlement_id, line_id
            rows between unbounded preceding and current row
        ) = 1 as is_uncertain,
        min(institution_id) over (partition by holder_id, item_code, time_window)
            <> max(institution_id) over (partition by holder_id, item_code, time_window) as is_spread
    from limited
    where rolling_days is null and holder_id is not null
),

rolling as (
    select l.settlement_id, l.line_id, l.time_window, sum(o.quantity) as so_far,
        max(case when o.is_of_other_window then 1 else 0 end) = 1 as is_uncertain,
        min(o.institution_id) <> max(o.institution_id) as is_spread
    from limited as l
    join limited as o
        on o.person_id = l.person_id and o.item_code = l.item_code and o.time_window = l.time_window
        and date_diff('day', o.charged_on, l.charged_on) < l.rolling_days and (
            o.charged_on < l.charged_on or (o.charged_on = l.charged_on and (
                o.settlement_id < l.settlement_id or (o.settlement_id = l.settlement_id and o.line_id <= l.line_id)
            ))
        )
    where l.rolling_days is not null
    group by l.settlement_id, l.line_id, l.time_window
),

reached as (
    select settlement_id, line_id, time_window, so_far, is_uncertain, is_spread from fixed
    union all
    select settlement_id, line_id, time_window, so_far, is_uncertain, is_spread from rolling
),

weighed as (
    select l.*, r.so_far, r.is_uncertain, r.is_spread,
        cast(least(l.quantity, greatest(r.so_far - l.max_quantity, 0)) as double) as units_over
    from limited as l
    left join reached as r
        on r.settlement_id = l.settlement_id and r.line_id = l.line_id and r.time_window = l.time_window
),

-- A line may stand under several limits: it counts once, where most of it is over.
chosen as (
    select *, row_number() over (
            partition by settlement_id, line_id order by coalesce(units_over, 0.0) desc, time_window
        ) as place
    from weighed
)

select
    case
        when quantity is null or holder_id is null then 'cannot_judge'
        when units_over > 0 and is_uncertain then 'cannot_judge'
        when units_over > 0 then 'hit'
        else 'clear'
    end as outcome,
    case
        when quantity is null then 'the quantity is unknown'
        when holder_id is null then 'the person or the encounter is unknown'
        else 'units posted in bulk may stand for days of another window'
    end as reason,
    case when layer in ('starter', 'derived') or rolling_days is not null or is_spread then 'suspected' end
        as certainty,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    cast(cast(eligible_amount as double) * units_over / nullif(cast(quantity as double), 0) as decimal(16, 2))
        as amount,
    item_name,
    cast(so_far as double) as so_far,
    cast(max_quantity as double) as max_quantity,
    time_window,
    case time_window
        when 'week' then '自然周'
        when 'month' then '自然月'
        when 'quarter' then '季度'
        when 'year' then '年度'
        when 'visit' then '单次就诊'
        when 'stay' then '单次住院'
        else '连续' || cast(rolling_days as varchar) || '天'
    end as time_window_zh,
    point_id
from chosen
where place = 1
union all
select 'cannot_judge', 'knowledge.item_frequency has no limit of a longer window: a city table', null, null, null, null,
    null, null, null, null, null, null, null, null, null, null, null
from (select count(*) as held from knowledge.item_frequency where time_window <> 'day') as k
where held = 0
