/*
title = "A leap in the month before a deadline"
title_zh = "年底、政策切换前突击消费"
violation = "deadline_rush"
family = "growth"
subjects = ["institution", "pharmacy"]
certainty = "suspected"
scope = ["outpatient", "chronic", "drugstore"]
window = "month, over the delivered window"
law = ["regulation-25"]
basis = ["筛查模型 C07 年底、政策切换前突击消费；定点零售药店自查自纠问题清单 3、15"]
needs = ["record.settlement.settled_at"]
sentence = "{month}: {own} yuan outside hospital stays where {usual} would be usual after its own months and {peers} peers' course that month: {ratio} times, {excess} yuan more, {persons} persons; its other months stray by {spread}%"
sentence_zh = "{month}门诊购药费用{own}元，按本机构各月水平及同类{peers}家当月走势应为{usual}元，为其{ratio}倍，多{excess}元，涉及{persons}人；其余月份波动约{spread}%"
exclusions = [
    "what the peers' month does as well: epidemics, holidays, policies for all",
    "months that the delivery holds in part",
    "places that began in the window; one dear bill: the excess must come from many settlements",
    "hospital stays",
]
exclusions_zh = ["同类机构当月同样上升：流行病、节假日、普遍政策", "数据不完整的月份", "数据期内新开业的机构；单笔高额：超出须来自多笔结算", "住院"]
limits = "A neighbour that closed and a sale look the same. A rush that lasts is the growth detector's."
limits_zh = "邻近机构停业、促销也会呈现相同情形。持续增长由业务量突增模型判断。"

[strength]  # half the distance to certainty for every 3 strays of the other months
by = "evidence"
halving = 3
above = "min_z"

[params.months]
value = "12"
meaning = "deadlines: calendar months that end a benefit year, or months such as 2025-06 before a new policy, joined by blanks"

[params.min_ratio]
value = 2.0
unit = "x"
meaning = "least ratio of the month to what was expected"

[params.min_excess]
value = 3000
unit = "yuan"
meaning = "least money above it"

[params.min_z]
value = 4.0
unit = "robust z"
meaning = "least distance from the place's other months"

[params.min_months]
value = 6
unit = "months"
meaning = "with business beside the deadline month"

[params.min_settlements]
value = 15
unit = "a month"
meaning = "fewer in the median month: not judged"

[params.min_peers]
value = 5
unit = "places"
meaning = "fewer with the same months: a wider group"
*/
-- month_of_place: a place's money outside hospital stays in a month that the delivery holds all but whole.
create temp table month_of_place as
select b.institution_id, b.month, count(*) as settlements, count(distinct b.person_id) as persons,
    cast(sum(b.eligible_amount) as double) as amount, cast(max(b.eligible_amount) as double) as largest,
    list_contains(string_split($months, ' '), cast(month(b.month) as varchar))
        or list_contains(string_split($months, ' '), strftime(b.month, '%Y-%m')) as is_deadline
from feature.visit_bill as b
cross join feature.delivery_span as s
where b.care_setting in ('outpatient', 'chronic', 'drugstore') and b.institution_id is not null
    and b.month + interval 3 day >= s.first_on and b.month + interval 1 month - interval 4 day <= s.last_on
group by b.institution_id, b.month
having sum(b.eligible_amount) > 0;

-- month_beside_own: months of places with enough of them, as logarithms above the place's median month.
create temp table month_beside_own as
with usual_month as (
    select institution_id, median(ln(amount)) filter (not is_deadline) as own_level,
        median(settlements) as settlements, count(*) filter (not is_deadline) as months
    from month_of_place
    group by institution_id
)
select m.*, u.own_level, ln(m.amount) - u.own_level as above_own, g.key_1, g.key_2, g.key_3, g.key_4
from month_of_place as m
join usual_month as u on u.institution_id = m.institution_id
join feature.institution_peer_group as g on g.institution_id = m.institution_id
where u.months >= $min_months and u.settlements >= $min_settlements;

-- month_beside_peers: each beside what the smallest group of enough places does in that month.
create temp table month_beside_peers as
with month_of_group as (
    select month, key_1 as key, median(above_own) as course, count(*) as places
    from month_beside_own group by month, key_1
    union
    select month, key_2, median(above_own), count(*) from month_beside_own group by month, key_2
    union
    select month, key_3, median(above_own), count(*) from month_beside_own group by month, key_3
    union
    select month, key_4, median(above_own), count(*) from month_beside_own group by month, key_4
)
select m.*, g.course, g.places - 1 as peers
from month_beside_own as m
join month_of_group as g on g.month = m.month and g.places > $min_peers
    and g.key in (m.key_1, m.key_2, m.key_3, m.key_4)
qualify row_number() over (partition by m.institution_id, m.month order by g.places, g.key) = 1;

-- deadline_month: a deadline's month; z counts in strays of the place's other months, of a tenth at least: the most
-- regular place strays by so much. Without its dearest bill it must still be far above.
create temp table deadline_month as
with stray as (
    select institution_id, greatest(1.4826 * median(abs(above_own - course)), 0.1) as spread
    from month_beside_peers
    where not is_deadline
    group by institution_id
),
scored as (
    select m.*, s.spread, exp(m.own_level + m.course) as expected, (m.above_own - m.course) / s.spread as z
    from month_beside_peers as m
    join stray as s on s.institution_id = m.institution_id
    where m.is_deadline
)
select *, z >= $min_z and amount >= $min_ratio * expected and amount - expected >= $min_excess
    and amount - largest >= $min_ratio * expected as is_hit
from scored;

select 'hit' as outcome, institution_id, month as occurred_on, cast(amount - expected as decimal(16, 2)) as amount,
    strftime(month, '%Y-%m') as part, z as evidence, strftime(month, '%Y-%m') as month, 'month_amount' as indicator,
    'eligible yuan outside hospital stays in ' || strftime(month, '%Y-%m') as indicator_title,
    strftime(month, '%Y-%m') || '门诊购药费用' as indicator_title_zh, '¥' as unit, cast(amount as bigint) as own,
    cast(expected as bigint) as usual, peers, round(amount / expected, 2) as ratio,
    cast(amount - expected as bigint) as excess, persons, round(z, 2) as z, round(100 * spread, 0) as spread
from deadline_month
where is_hit

union all by name
select 'cannot_judge' as outcome, 'too few months, settlements or peers' as reason, count(*) as units
from month_of_place
where is_deadline and (institution_id, month) not in (select (institution_id, month) from deadline_month)
having count(*) > 0

union all by name
select 'clear' as outcome, count(*) as units
from deadline_month where not is_hit having count(*) > 0
