/*
title       = "Item paid beyond its total limit"
title_zh    = "医疗服务项目、耗材超限定报销总额"
official    = [28, 34]
violation   = "over_total_limit"
family      = "overcharge"
judges      = ["amount"]
subjects    = ["institution"]
certainty   = "definite"
stage       = "audit"
window      = "visit, stay or calendar year"
law         = ["regulation-15-2", "regulation-38-1-6", "rules-11"]
basis       = ["智能监管规则库（2025年版）28 医疗服务项目超限定报销总额、34 耗材超限定报销总额"]
needs       = ["record.fee_line.charged_at"]
exclusions  = [
    "what lies within the limit: only the excess is at issue",
    "another visit, stay or year begins anew",
    "the person or visit is unknown: cannot judge",
]
exclusions_zh = [
    "限额以内的部分不计，仅计超出部分",
    "另一次就诊、另一次住院或另一年度重新起算",
    "参保人或就诊信息缺失：无法判定",
]
limits      = "Limits are set by the areas: the table ships empty. The excess falls on the last lines; with a yearly limit these may be another institution's, which could not know: a year spent at several is only suspected, as are units posted in bulk by care that lasted over the turn of the year."
limits_zh   = "限额由各地规定，出厂时该表为空。超出部分记在靠后的明细上；按年度限额的，靠后的明细可能属于不知情的其他机构，故当年在多家机构发生的仅列可疑；跨年就诊集中记账的亦同。"
status      = "trial"
version     = "3"
sentence    = "{item_name}: {so_far} yuan by {occurred_on}, {max_amount} yuan are paid a {time_window}; {amount} yuan of this line are over"
sentence_zh = "“{item_name}”至 {occurred_on} 累计纳入 {so_far} 元，超过限额 {max_amount} 元（{time_window_zh}），本条超出 {amount} 元"
*/
with item as (
    select distinct item_code, coalesce(item_name, '') as item_name from feature.fee_line
),

listed as (
    select i.item_code, i.item_name, k.max_amount, k.time_window, k.valid_from, k.valid_to, k.point_id,
        coalesce(k.item_prefix, '') || '|' || coalesce(k.name_word, '') || '|' || k.time_window as limit_id
    from item as i
    join knowledge.total_limit as k
        on substr(i.item_code, 1, length(coalesce(k.item_prefix, ''))) = coalesce(k.item_prefix, '')
        and i.item_name like '%' || coalesce(k.name_word, '') || '%'
    where k.official in (28, 34)
),

held as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.item_name, l.eligible_amount, k.max_amount, k.time_window, k.limit_id, k.point_id,
        case when k.time_window like '% days'
            then cast(substr(k.time_window, 1, length(k.time_window) - 5) as integer) end as rolling_days,
        case
            when k.time_window like '% days' then l.person_id
            when w.window_from is not null then l.person_id || '|' || cast(w.window_from as varchar)
            when k.time_window = 'stay' or l.care_setting = 'inpatient' then l.encounter_id
            else l.settlement_id
        end as holder_id,
        coalesce(l.is_posted_in_bulk, false) and year(coalesce(v.started_on, l.charged_on)) <> year(l.charged_on)
            as is_perhaps_last_year
    from feature.fee_line as l
    left join feature.settlement as v on v.settlement_id = l.settlement_id
    join listed as k
        on k.item_code = l.item_code and k.item_name = coalesce(l.item_name, '')
        and l.charged_on >= coalesce(k.valid_from, l.charged_on) and l.charged_on <= coalesce(k.valid_to, l.charged_on)
    left join feature.window_day as w on w.on_date = l.charged_on and w.time_window = k.time_window
    where l.eligible_amount > 0 and (k.time_window <> 'stay' or l.care_setting = 'inpatient')
),

rolled as (
    select l.settlement_id, l.line_id, l.limit_id, sum(o.eligible_amount) as so_far
    from held as l
    join held as o
        on o.limit_id = l.limit_id and o.holder_id = l.holder_id
        and date_diff('day', o.charged_on, l.charged_on) < l.rolling_days and (
            o.charged_on < l.charged_on or (o.charged_on = l.charged_on and (
                o.settlement_id < l.settlement_id or (o.settlement_id = l.settlement_id and o.line_id <= l.line_id)
            ))
        )
    where l.rolling_days is not null
    group by l.settlement_id, l.line_id, l.limit_id
),

running as (
    select h.*,
        coalesce(r.so_far, sum(h.eligible_amount) over (
            partition by h.limit_id, h.holder_id order by h.charged_on, h.settlement_id, h.line_id
            rows between unbounded preceding and current row
        )) as so_far,
        coalesce(
            min(h.institution_id) over (partition by h.limit_id, h.holder_id)
                = max(h.institution_id) over (partition by h.limit_id, h.holder_id), false
        ) as is_one_place
    from held as h
    left join rolled as r
        on r.settlement_id = h.settlement_id and r.line_id = h.line_id and r.limit_id = h.limit_id
)

select
    case
        when holder_id is null then 'cannot_judge'
        when so_far > max_amount then 'hit'
        else 'clear'
    end as outcome,
    case when holder_id is null then 'the person or visit is unknown' end as reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    cast(least(eligible_amount, greatest(so_far - max_amount, 0)) as decimal(16, 2)) as amount,
    case when is_one_place and not is_perhaps_last_year and rolling_days is null then 'definite' else 'suspected' end
        as certainty,
    item_name,
    so_far,
    max_amount,
    time_window,
    case time_window
        when 'day' then '单日'
        when 'week' then '自然周'
        when 'month' then '自然月'
        when 'quarter' then '季度'
        when 'year' then '年度'
        when 'stay' then '单次住院'
        when 'visit' then '单次就诊'
        else '连续' || cast(rolling_days as varchar) || '天'
    end as time_window_zh,
    point_id
from running
union all
select 'cannot_judge', 'knowledge.total_limit is empty: a city table', null, null, null, null, null, null, null, null,
    null, null, null, null, null, null, null
from (select count(*) as held from knowledge.total_limit where official in (28, 34)) as k
where held = 0
