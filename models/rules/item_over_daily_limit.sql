/*
title       = "More units of an item in a day than a day has"
title_zh    = "医疗服务项目超每日限定频次"
official    = [27]
violation   = "over_frequency"
family      = "overcharge"
problem     = ["hospital-63", "hospital-174"]
judges      = ["quantity", "day"]
subjects    = ["institution"]
certainty   = "definite"
stage       = "audit"
window      = "encounter of several days, else person, institution and day"
law         = ["regulation-15-1", "regulation-38-1-3", "rules-11"]
basis       = ["智能监管规则库（2025年版）27 医疗服务项目限定频次"]
needs       = ["record.fee_line.charged_at", "record.fee_line.quantity"]
exclusions  = [
    "an encounter of several days (a stay, an observation ward, day care): up to what its calendar days allow, whatever the day of posting",
    "a mother's bill: her children's units beside hers",
    "a living donor's care on the bill of who gets the organ or the marrow",
    "two institutions on one day, each within the limit: neither knows of the other",
    "two encounters of several days that meet on a day: each has its own allowance",
    "a limit of a week, a month, a quarter, a year or a visit: another rule",
    "the quantity is unknown: cannot judge",
    "the institution is unknown: cannot judge",
]
exclusions_zh = [
    "跨日就诊（住院、留观、日间）：合计不超过就诊日历天数允许的数量，不论记账日期",
    "产妇账单：另计新生儿的数量",
    "活体器官、造血干细胞供者的费用并入受者结算",
    "同日两家机构各自均未超限：彼此无从得知",
    "两次跨日就诊首尾同日：各按自身天数计算",
    "按周、月、季、年或按次的限定：由其他规则判断",
    "数量未知：无法判定",
    "机构未知：无法判定",
]
limits      = "Days of an encounter count first and last day both, so a hospital that charges the day of discharge once too often passes. A slip of the unit (hours typed as minutes) looks the same."
limits_zh   = "就诊天数包含首日和末日，因此出院日多计一次的不会发现。单位录错（如小时录为分钟）也会呈现相同情形。"
version     = "3"
sentence    = "{quantity} units of {item_name} were charged up to {occurred_on}, where {days} days allow {max_quantity}; {amount} yuan of this line are over"
sentence_zh = "截至 {occurred_on} “{item_name}”{days} 天共计 {quantity} {unit_zh}，超过允许的 {max_quantity} {unit_zh}，本条超出部分 {amount} 元"
*/
with limited as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.item_code, l.item_name, l.eligible_amount, l.quantity, k.max_quantity, k.unit_zh, k.point_id,
        k.layer,
        e.started_on, e.ended_on,
        coalesce(coalesce(e.ended_on, l.charged_on) > e.started_on, false) as is_of_several_days,
        -- Whose care may stand on the bill beside the patient's.
        coalesce(b.newborns_on_bill, 0) + coalesce(d.donors_on_bill, 0) as others,
        coalesce(b.most_newborns_on_bill, 0) + coalesce(d.donors_on_bill, 0) as most_others
    from feature.fee_line as l
    join knowledge.item_frequency as k
        on k.item_code = l.item_code
        and l.charged_on >= coalesce(k.valid_from, l.charged_on) and l.charged_on <= coalesce(k.valid_to, l.charged_on)
    left join feature.encounter as e on e.encounter_id = l.encounter_id
    left join feature.birth as b on b.encounter_id = l.encounter_id
    left join feature.donor_on_bill as d on d.encounter_id = l.encounter_id
    where k.time_window = 'day' and l.eligible_amount > 0
),

-- What the units are held against: the days of an encounter that lasted several, else the person's day at the place.
held as (
    select *,
        case when is_of_several_days then 'encounter|' || encounter_id
            else coalesce(institution_id, '') || '|' || person_id || '|' || cast(charged_on as varchar) end as holder_id
    from limited
),

-- One row: holder, item and day of charge.
item_day as (
    select holder_id, item_code, charged_on, max(max_quantity) as max_quantity, sum(quantity) as quantity,
        max(started_on) as started_on, max(coalesce(ended_on, charged_on)) as ended_on,
        max(case when is_of_several_days then 1 else 0 end) as is_of_several_days,
        max(others) as others, max(most_others) as most_others
    from held
    where quantity > 0
    group by holder_id, item_code, charged_on
),

counted as (
    select holder_id, item_code, sum(quantity) as quantity, max(max_quantity) as max_quantity,
        case when max(is_of_several_days) = 1 then date_diff('day', max(started_on), max(ended_on)) + 1 else 1 end
            as days,
        max(others) as others, max(most_others) as most_others,
        sum(greatest(quantity - max_quantity * (1 + others), 0)) as over_by_day
    from item_day
    group by holder_id, item_code
),

-- Only what is beyond all days together is over: it grows by one price a unit, with no step at the limit.
judged as (
    select *, max_quantity * days * (1 + others) as allowed,
        cast(quantity - max_quantity * days * (1 + others) as double) as units_over,
        quantity > max_quantity * days * (1 + most_others) as is_beyond_doubt
    from counted
),

-- The units over stand on the days that hold more than a day has, in their proportion.
share_of_day as (
    select d.holder_id, d.item_code, d.charged_on, j.quantity as whole_quantity, j.allowed, j.days, j.units_over,
        j.is_beyond_doubt,
        j.units_over * cast(greatest(d.quantity - d.max_quantity * (1 + d.others), 0) as double)
            / nullif(cast(j.over_by_day as double) * cast(d.quantity as double), 0) as share
    from item_day as d
    join judged as j on j.holder_id = d.holder_id and j.item_code = d.item_code
    where j.units_over > 0 and j.over_by_day > 0
),

-- Running sums of the whole excess, in cents, make those of the lines add up to it.
spread as (
    select l.settlement_id, l.line_id, s.whole_quantity, s.allowed, s.days, s.is_beyond_doubt,
        cast(l.eligible_amount as double) * s.share as own,
        sum(cast(l.eligible_amount as double) * s.share) over (
            partition by l.holder_id, l.item_code order by l.charged_on, l.settlement_id, l.line_id
            rows between unbounded preceding and current row
        ) as running,
        sum(cast(l.eligible_amount as double) * s.share) over (partition by l.holder_id, l.item_code) as whole
    from held as l
    join share_of_day as s
        on s.holder_id = l.holder_id and s.item_code = l.item_code and s.charged_on = l.charged_on
    where l.quantity > 0 and s.share > 0
)

select
    case
        when l.quantity is null or l.person_id is null then 'cannot_judge'
        when s.line_id is null then 'clear'
        when l.encounter_id is null or l.institution_id is null or not s.is_beyond_doubt then 'cannot_judge'
        else 'hit'
    end as outcome,
    case
        when l.quantity is null then 'the quantity is unknown'
        when l.person_id is null then 'the person is unknown'
        when l.encounter_id is null then 'the encounter is unknown: the units may stand for the days of a stay'
        when l.institution_id is null then 'the institution is unknown'
        else 'how many newborns the bill holds is not coded'
    end as reason,
    case when l.layer in ('starter', 'derived') then 'suspected' end as certainty,
    l.settlement_id,
    l.line_id,
    l.encounter_id,
    l.person_id,
    l.institution_id,
    l.practitioner_id,
    l.charged_on as occurred_on,
    cast(
        cast(cast(cast(s.whole as decimal(16, 2)) as double) * s.running / nullif(s.whole, 0) as decimal(16, 2))
        - cast(
            cast(cast(s.whole as decimal(16, 2)) as double) * (s.running - s.own) / nullif(s.whole, 0)
            as decimal(16, 2)
        ) as decimal(16, 2)
    ) as amount,
    l.item_name,
    cast(s.whole_quantity as double) as quantity,
    cast(s.allowed as double) as max_quantity,
    s.days,
    l.unit_zh,
    l.point_id
from held as l
left join spread as s on s.settlement_id = l.settlement_id and s.line_id = l.line_id
