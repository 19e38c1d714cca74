/*
title       = "Drug or treatment beyond the course that is paid"
title_zh    = "超支付疗程使用药品、医疗服务项目"
official    = [10, 23]
by_edition  = true
violation   = "over_course"
family      = "medication"
problem     = ["hospital-7", "pharmacy-9"]
judges      = ["quantity"]
subjects    = ["institution", "pharmacy", "practitioner"]
certainty   = "definite"
stage       = "audit"
window      = "stay or course of illness"
law         = ["regulation-15-2", "regulation-38-1-6", "rules-11"]
basis       = ["智能监管规则库（2025年版）10 药品限支付疗程、23 医疗服务项目限支付疗程"]
needs       = ["record.fee_line.charged_at", "record.fee_line.item_code"]
exclusions  = [
    "an interruption longer than {gap_days:day} begins a new course, where courses are counted by illness",
    "another stay begins a new course (scope stay), and what is taken home from it is none",
    "of the fill that crosses the limit, the days up to it",
    "a fill outside hospital whose days of supply are unknown: cannot judge",
    "the person is unknown: cannot judge",
    "no edition of the catalogue at hand covers the day of the charge: cannot judge",
]
exclusions_zh = [
    "中断超过 {gap_days} 天视为新疗程（按疾病计的疗程）",
    "另一次住院视为新疗程（按住院计的疗程），出院带药不计入",
    "跨越疗程上限的一次取药，上限以内的天数",
    "住院以外取药且供药天数未知：无法判定",
    "参保人未知：无法判定",
    "收费日期不在现有目录版本有效期内：无法判定",
]
limits      = "A drug is one knowledge point, whoever makes it. In hospital a day of charge is a day of use, so a week posted on one day is undercounted; outside it the days of supply count. Suspected only: days of supply are the place's own word, a course with interruptions is chained by us, and another place's days may be unknown to the prescriber."
limits_zh   = "同一知识点视为同一药品，不论厂家。住院按收费日数计，一周费用集中一天记账的会少计；住院以外按供药天数计。下列情形仅列为可疑：按填报的供药天数、用药有间断、跨机构累计。"
version     = "3"
sentence    = "{item_name} was charged on {occurred_on}: with it {day_number} days of a course begun on {course_from}, {max_days} days are paid; {amount} yuan are over"
sentence_zh = "“{item_name}”自 {course_from} 开始的疗程，含 {occurred_on} 本次累计 {day_number} 天，超过支付疗程 {max_days} 天，超出部分 {amount} 元"

[params.gap_days]
value   = 15
unit    = "days"
meaning = "days of use at most this far apart belong to one course of illness"
*/
with limited as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.item_code, l.item_name, l.eligible_amount, k.max_days, k.count_by, k.scope, k.point_id, k.layer,
        -- one drug is one point, by whatever maker; last year's point goes on in the one that took its place
        coalesce(case when k.superseded_by like 'KP-%' then k.superseded_by end, k.point_id, l.item_code) as drug_id,
        case k.scope when 'stay' then l.encounter_id else l.person_id end as holder_id,
        case when coalesce(l.care_setting, '') <> 'inpatient' or l.is_take_home then nullif(l.supply_days, 0) end
            as supply_days,
        coalesce(l.care_setting <> 'inpatient' or l.is_take_home, false) and coalesce(l.supply_days, 0) = 0
            and coalesce(l.catalogue_type = '101', regexp_matches(l.item_code, '^[XZ]')) as is_supply_unknown
    from feature.fee_line as l
    join knowledge.item_course as k
        on k.item_code = l.item_code
        and l.charged_on >= coalesce(k.valid_from, l.charged_on) and l.charged_on <= coalesce(k.valid_to, l.charged_on)
    where l.eligible_amount > 0 and not (k.scope = 'stay' and coalesce(l.is_take_home, false))
),

-- Lines of one bill are one fill: two strengths taken together last as long as the longer; two bills add up. In a ward a
-- day is a day, however many lines it has.
fill as (
    select scope, holder_id, drug_id, charged_on, settlement_id, max(supply_days) as supply_days,
        max(case when is_supply_unknown then 1 else 0 end) as is_supply_unknown, min(institution_id) as first_place,
        max(institution_id) as last_place
    from limited
    where holder_id is not null
    group by scope, holder_id, drug_id, charged_on, settlement_id
),

day_of_use as (
    select scope, holder_id, drug_id, charged_on, greatest(coalesce(sum(supply_days), 0), 1) as days,
        max(case when supply_days > 1 then 1 else 0 end) as is_by_supply, max(is_supply_unknown) as is_supply_unknown,
        min(first_place) as first_place, max(last_place) as last_place
    from fill
    group by scope, holder_id, drug_id, charged_on
),

-- In days since a fixed one, so that windows can take the greatest so far.
numbered_day as (
    select *, date_diff('day', date '2000-01-01', charged_on) as day_from,
        date_diff('day', date '2000-01-01', charged_on) + days - 1 as day_to
    from day_of_use
),

spaced as (
    select *,
        day_from - 1 - max(day_to) over (
            partition by scope, holder_id, drug_id order by charged_on
            rows between unbounded preceding and 1 preceding
        ) as days_without
    from numbered_day
),

chained as (
    select *,
        sum(case when scope = 'illness' and days_without > $gap_days - 1 then 1 else 0 end) over (
            partition by scope, holder_id, drug_id order by charged_on
            rows between unbounded preceding and current row
        ) as course
    from spaced
),

summed as (
    select scope, holder_id, drug_id, charged_on, days, day_to,
        sum(days) over (
            partition by scope, holder_id, drug_id, course order by charged_on
            rows between unbounded preceding and current row
        ) as days_used,
        min(charged_on) over (partition by scope, holder_id, drug_id, course) as course_from,
        max(is_by_supply) over (partition by scope, holder_id, drug_id, course) = 1 as is_by_supply,
        max(case when days_without > 0 then 1 else 0 end) over (
            partition by scope, holder_id, drug_id, course order by charged_on
            rows between unbounded preceding and current row
        ) = 1 as is_interrupted,
        max(is_supply_unknown) over (partition by scope, holder_id, drug_id, course) = 1 as is_supply_unknown,
        min(first_place) over (partition by scope, holder_id, drug_id, course)
            <> max(last_place) over (partition by scope, holder_id, drug_id, course) as is_spread
    from chained
),

placed as (
    select l.*, n.course_from, n.days, n.is_by_supply, n.is_interrupted, n.is_spread,
        coalesce(n.is_supply_unknown, false) as is_course_unknown,
        case l.count_by
            when 'span' then n.day_to - date_diff('day', date '2000-01-01', n.course_from) + 1
            else n.days_used
        end as day_number
    from limited as l
    left join summed as n
        on n.scope = l.scope and n.holder_id = l.holder_id and n.drug_id = l.drug_id and n.charged_on = l.charged_on
)

select
    case
        when holder_id is null then 'cannot_judge'
        when day_number > max_days then 'hit'
        when is_course_unknown then 'cannot_judge'
        else 'clear'
    end as outcome,
    case when holder_id is null then 'the person is unknown' else 'the days of supply are unknown' end as reason,
    case
        when layer in ('starter', 'derived') or is_by_supply or is_spread or is_course_unknown
            or (scope = 'illness' and count_by = 'days' and is_interrupted) then 'suspected'
    end as certainty,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    cast(
        cast(eligible_amount as double) * cast(least(days, day_number - max_days) as double)
        / nullif(cast(days as double), 0) as decimal(16, 2)
    ) as amount,
    item_name,
    cast(day_number as bigint) as day_number,
    max_days,
    course_from,
    scope,
    point_id
from placed
