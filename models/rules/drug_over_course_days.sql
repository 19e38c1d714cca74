/*
title       = "Drug or treatment beyond the course that is paid"
title_zh    = "超支付疗程使用药品、医疗服务项目"
official    = [10, 23]
violation   = "over_course"
family      = "medication"
problem     = ["hospital-7", "pharmacy-9"]
judges      = ["quantity"]
subjects    = ["institution", "pharmacy", "practitioner"]
certainty   = "definite"
stage       = "audit"
window      = "stay or course of illness"
basis       = [
    "《医疗保障基金使用监督管理条例》第三十八条第（六）项：超出支付范围的费用纳入基金结算",
    "智能监管规则库（2025年版）10 药品限支付疗程、23 医疗服务项目限支付疗程",
]
needs       = ["record.fee_line.charged_at", "record.fee_line.item_code"]
exclusions  = [
    "an interruption longer than {gap_days:day} begins a new course, where courses are counted by illness",
    "another stay begins a new course (scope stay)",
    "no edition of the catalogue at hand covers the day of the charge: cannot judge",
]
exclusions_zh = [
    "中断超过 {gap_days} 天视为新疗程（按疾病计的疗程）",
    "另一次住院视为新疗程（按住院计的疗程）",
    "收费日期不在现有目录版本有效期内：无法判定",
]
limits      = "Counts days on which the item was charged, not days a pack lasts: packs for several days are undercounted, a week posted on one day too. Another maker's code of the same drug begins its own count."
limits_zh   = "按收费日数计算，不按包装可用天数：一次取多日用量会少计，一周费用集中一天记账的也会少计。同一药品其他厂家编码另行计算。"
version     = "2"
sentence    = "{item_name} was charged on {occurred_on}, the charged day {day_number} of a course begun on {course_from}; {max_days} days are paid ({amount} yuan)"
sentence_zh = "“{item_name}”自 {course_from} 开始的疗程，{occurred_on} 为第 {day_number} 个收费日，超过支付疗程 {max_days} 天，涉及 {amount} 元"

[params.gap_days]
value   = 15
unit    = "days"
meaning = "days of use at most this far apart belong to one course of illness"
*/
with limited as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.item_code, l.item_name, l.eligible_amount, k.max_days, k.count_by, k.scope, k.point_id,
        case k.scope when 'stay' then l.encounter_id else l.person_id end as holder_id
    from feature.fee_line as l
    join knowledge.item_course as k
        on k.item_code = l.item_code
        and l.charged_on >= coalesce(k.valid_from, l.charged_on) and l.charged_on <= coalesce(k.valid_to, l.charged_on)
    where l.eligible_amount > 0
),

day_of_use as (
    select scope, holder_id, item_code, charged_on,
        lag(charged_on) over (partition by scope, holder_id, item_code order by charged_on) as used_before
    from (select distinct scope, holder_id, item_code, charged_on from limited where holder_id is not null) as used
),

chained as (
    select scope, holder_id, item_code, charged_on,
        sum(
            case when scope = 'illness' and date_diff('day', used_before, charged_on) > $gap_days then 1 else 0 end
        ) over (
            partition by scope, holder_id, item_code order by charged_on
            rows between unbounded preceding and current row
        ) as course
    from day_of_use
),

numbered as (
    select scope, holder_id, item_code, charged_on,
        row_number() over (partition by scope, holder_id, item_code, course order by charged_on) as days_used,
        min(charged_on) over (partition by scope, holder_id, item_code, course) as course_from
    from chained
),

placed as (
    select l.*, n.course_from,
        case l.count_by when 'span' then date_diff('day', n.course_from, l.charged_on) + 1 else n.days_used end
            as day_number
    from limited as l
    left join numbered as n
        on n.scope = l.scope and n.holder_id = l.holder_id and n.item_code = l.item_code
        and n.charged_on = l.charged_on
)

select
    case
        when holder_id is null then 'cannot_judge'
        when day_number > max_days then 'hit'
        else 'clear'
    end as outcome,
    case when holder_id is null then 'the person is unknown' end as reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    eligible_amount as amount,
    item_name,
    day_number,
    max_days,
    course_from,
    scope,
    point_id
from placed
union all
select 'cannot_judge', 'no edition of the catalogue at hand covers the day of the charge', settlement_id, line_id,
    encounter_id, person_id, institution_id, practitioner_id, charged_on, null, item_name, null, null, null, null, null
from feature.edition_gap
where official in (10, 23)
