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
window      = "person and day, across institutions"
law         = ["regulation-15-1", "regulation-38-1-3", "rules-11"]
basis       = ["智能监管规则库（2025年版）27 医疗服务项目限定频次"]
needs       = ["record.fee_line.charged_at", "record.fee_line.quantity"]
exclusions  = [
    "bulk posting: over the whole stay no more units than its calendar days allow",
    "the day of a transfer: discharged from one stay and admitted to another, each within the limit alone",
    "the quantity is unknown: cannot judge",
]
exclusions_zh = [
    "集中记账：整次住院合计数量未超过日历天数允许的数量",
    "转院当日：出院与另一次入院各自均未超限",
    "数量未知：无法判定",
]
limits      = "Days of a stay count admission and discharge day both, so a hospital that charges the discharge day once too often passes. A slip of the unit (hours typed as minutes) looks the same."
limits_zh   = "住院天数包含入院日和出院日，因此出院日多计一次的不会发现。单位录错（如小时录为分钟）也会呈现相同情形。"
version     = "1"
sentence    = "{quantity} units of {item_name} were charged on {occurred_on}, the day allows {max_quantity}; {amount} yuan of this line are over"
sentence_zh = "{occurred_on} “{item_name}”计 {quantity} {unit_zh}，超过每日 {max_quantity} {unit_zh}，本条超出部分 {amount} 元"
*/
with limited as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.item_code, l.item_name, l.eligible_amount, l.quantity, k.max_quantity, k.unit_zh, k.point_id
    from feature.fee_line as l
    join knowledge.item_frequency as k
        on k.item_code = l.item_code
        and l.charged_on >= coalesce(k.valid_from, l.charged_on) and l.charged_on <= coalesce(k.valid_to, l.charged_on)
    where k.time_window = 'day' and l.eligible_amount > 0
),

-- One row: person, item, day and encounter.
part as (
    select person_id, item_code, charged_on, encounter_id, max(max_quantity) as max_quantity,
        sum(quantity) as quantity, sum(eligible_amount) as eligible_amount
    from limited
    where quantity > 0
    group by person_id, item_code, charged_on, encounter_id
),

stay as (
    select p.encounter_id, p.item_code, max(e.started_on) as started_on, max(e.ended_on) as ended_on,
        sum(p.quantity) <= max(p.max_quantity) * (
            date_diff('day', max(e.started_on), coalesce(max(e.ended_on), max(p.charged_on))) + 1
        ) as is_within_stay
    from part as p
    join feature.encounter as e on e.encounter_id = p.encounter_id
    where e.is_inpatient
    group by p.encounter_id, p.item_code
),

-- Units posted in bulk count as the one day's allowance they stand for.
counted as (
    select p.person_id, p.item_code, p.charged_on, p.max_quantity, p.quantity,
        case when s.is_within_stay then least(p.quantity, p.max_quantity) else p.quantity end as counted,
        cast(p.eligible_amount as double) * cast(
            case when s.is_within_stay then least(p.quantity, p.max_quantity) else p.quantity end as double
        ) / nullif(cast(p.quantity as double), 0) as counted_amount,
        case when s.ended_on = p.charged_on and s.started_on < p.charged_on then 1 else 0 end as is_last_day,
        case when s.started_on = p.charged_on then 1 else 0 end as is_first_day
    from part as p
    left join stay as s on s.encounter_id = p.encounter_id and s.item_code = p.item_code
),

person_day as (
    select person_id, item_code, charged_on, max(max_quantity) as max_quantity, sum(quantity) as quantity,
        sum(counted) > max(max_quantity) and not (
            count(*) = 2 and max(is_last_day) = 1 and max(is_first_day) = 1 and max(counted) <= max(max_quantity)
        ) as is_over,
        cast(
            sum(counted_amount) * cast(sum(counted) - max(max_quantity) as double)
            / nullif(cast(sum(counted) as double), 0)
            as decimal(16, 2)
        ) as excess
    from counted
    group by person_id, item_code, charged_on
),

-- The excess is spread over the lines by their money; running sums make the cents add up.
spread as (
    select l.settlement_id, l.line_id, d.quantity as day_quantity, d.is_over, d.excess,
        cast(sum(l.eligible_amount) over (
            partition by l.person_id, l.item_code, l.charged_on order by l.settlement_id, l.line_id
            rows between unbounded preceding and current row
        ) as double) as running,
        cast(l.eligible_amount as double) as own,
        cast(sum(l.eligible_amount) over (partition by l.person_id, l.item_code, l.charged_on) as double) as whole
    from limited as l
    join person_day as d on d.person_id = l.person_id and d.item_code = l.item_code and d.charged_on = l.charged_on
    where l.quantity > 0
)

select
    case
        when l.quantity is null or l.person_id is null then 'cannot_judge'
        when s.is_over and l.encounter_id is null then 'cannot_judge'
        when s.is_over then 'hit'
        else 'clear'
    end as outcome,
    case
        when l.quantity is null then 'the quantity is unknown'
        when l.person_id is null then 'the person is unknown'
        when l.encounter_id is null then 'the encounter is unknown: the units may stand for the days of a stay'
    end as reason,
    l.settlement_id,
    l.line_id,
    l.encounter_id,
    l.person_id,
    l.institution_id,
    l.practitioner_id,
    l.charged_on as occurred_on,
    cast(
        cast(s.excess * s.running / nullif(s.whole, 0) as decimal(16, 2))
        - cast(s.excess * (s.running - s.own) / nullif(s.whole, 0) as decimal(16, 2)) as decimal(16, 2)
    ) as amount,
    l.item_name,
    cast(s.day_quantity as double) as quantity,
    cast(l.max_quantity as double) as max_quantity,
    l.unit_zh,
    l.point_id
from limited as l
left join spread as s on s.settlement_id = l.settlement_id and s.line_id = l.line_id
