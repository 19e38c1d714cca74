/*
title = "Digits of amounts unlike everybody's"
title_zh = "金额末位数字、结算时刻分布异常（疑似人为编造）"
violation = "digit_heaping"
family = "pattern"
subjects = ["institution", "pharmacy"]
certainty = "suspected"
window = "the whole delivered window"
law = ["regulation-25"]
basis = ["筛查模型 D12 数据质量与造假痕迹（末位数字、时间堆积）"]
needs = ["record.settlement"]
sentence = "{what} of {bills} bills here is {digit} in {own}% of them, at {peers} others of the kind in {usual}%; over all digits {distance} percentage points off on average"
sentence_zh = "本机构{bills}张账单的{what_zh}为{digit}的占{own}%，同类{peers}家为{usual}%；各位数字平均相差{distance}个百分点"
exclusions = [
    "stays and chronic visits; the same amount of the same person counts once",
    "the kind's own digits: fixed prices shape them, so only the distance from the others counts",
    "fewer than {min_bills:bill}, or too few of the kind: cannot judge",
    "settlements without a time of day, for the minutes",
]
exclusions_zh = [
    "住院和门慢特；同一参保人相同金额只计一次",
    "该类型自身的数字分布受固定价格影响，仅看与其他机构的距离",
    "账单不足 {min_bills} 张，或同类过少：无法判定",
    "看分钟时，无时刻的结算不计",
]
limits = "Weak by itself: one frequent package moves a digit. Counts with a fifth of the weight of other evidence. No money."
limits_zh = "单独证据力弱：一个常用套餐即可改变某位数字。权重为其他证据的五分之一。不列金额。"
status = "trial"

[params.min_bills]
value = 1000
unit = "bills"
meaning = "fewer: not judged"

[params.min_distance]
value = 4.0
unit = "%"
meaning = "mean distance of the ten digits' shares from the others' in percentage points"

[params.min_ratio]
value = 3.0
unit = "x"
meaning = "of the others' median distance from one another"

[params.min_peers]
value = 5
unit = "institutions"
meaning = "fewer of the kind: cannot judge"

[params.weight]
value = 0.2
unit = "share"
meaning = "how much it may count: prices alone shape digits"
*/
-- digit_at_place: how many bills of a place have a digit (0 to 9), where it has enough of them.
create temp table digit_at_place as
with bill as (
    select s.institution_id, g.key_3 as kind, s.person_id, s.total_amount, s.settled_at,
        s.has_clock
    from feature.settlement as s
    join feature.institution_peer_group as g on g.institution_id = s.institution_id
    where coalesce(s.care_setting, '-') not in ('inpatient', 'chronic')
),
-- The same amount of the same person is one price list, not many choices.
amount as (
    select distinct institution_id, kind, person_id, total_amount from bill
),
counted as (
    select institution_id, kind, 'yuan' as what, cast(floor(total_amount) % 10 as integer) as digit, count(*) as bills
    from amount
    where total_amount >= 10
    group by institution_id, kind, digit
    union all
    select institution_id, kind, 'fen', cast((total_amount * 100) % 10 as integer) as digit, count(*)
    from amount
    group by institution_id, kind, digit
    union all
    select institution_id, kind, 'minute', minute(settled_at) % 10 as digit, count(*)
    from bill
    where has_clock
    group by institution_id, kind, digit
),
enough as (
    select institution_id, kind, what, sum(bills) as bills
    from counted
    group by institution_id, kind, what
    having sum(bills) >= $min_bills
),
ten as (
    select cast(unnest(range(10)) as integer) as digit
)
-- Shares are decimals, so that sums of them are the same in any order.
select e.institution_id, e.kind, e.what, t.digit, e.bills,
    cast(coalesce(c.bills, 0) / e.bills as decimal(18, 12)) as share
from enough as e
cross join ten as t
left join counted as c on c.institution_id = e.institution_id and c.what = e.what and c.digit = t.digit;

-- rated_place: a place's distance from the others of its kind over all digits, and the digit it has too often most.
create temp table rated_place as
with beside_others as (
    -- The others' mean share of a digit, each institution alike, so that a large one does not set the norm.
    select *, count(*) over digit_of_kind - 1 as peers, cast(share as double) as own,
        cast(sum(share) over digit_of_kind - share as double) / nullif(count(*) over digit_of_kind - 1, 0) as usual
    from digit_at_place
    window digit_of_kind as (partition by kind, what, digit)
),
spread as (
    select institution_id, kind, what, any_value(bills) as bills, any_value(peers) as peers,
        cast(sum(cast(abs(own - usual) as decimal(18, 12))) as double) / 10 as distance,
        arg_max(digit, (own - usual, -digit)) as digit
    from beside_others
    group by institution_id, kind, what
),
compared as (
    select *, median(distance) over (partition by kind, what) as typical from spread
)
select c.*, b.own, b.usual,
    c.peers >= $min_peers and c.distance >= $min_distance / 100 and c.distance >= $min_ratio * c.typical as is_hit
from compared as c
join beside_others as b on b.institution_id = c.institution_id and b.what = c.what and b.digit = c.digit;

with worded as (
    select *,
        case what
            when 'yuan' then 'The last digit of whole yuan'
            when 'fen' then 'The last digit of fen'
            else 'The last digit of the minute'
        end as what_text,
        case what when 'yuan' then '元位数字' when 'fen' then '分位数字' else '结算分钟末位' end as what_zh
    from rated_place
)
select 'hit' as outcome, institution_id, what as part, cast($weight as double) as weight, bills, digit,
    'digit_of_' || what as indicator, what_text || ' is ' || digit as indicator_title,
    what_zh || '为' || digit || '的账单占比' as indicator_title_zh, '%' as unit, round(100 * own, 1) as own,
    round(100 * usual, 1) as usual, peers, round(100 * distance, 1) as distance, what_text as what, what_zh
from worded
where is_hit

union all by name
select 'cannot_judge' as outcome, 'too few others of the kind with so many bills' as reason, institution_id,
    what as part
from rated_place
where peers < $min_peers

union all by name
select 'clear' as outcome, count(*) as units
from rated_place where peers >= $min_peers and not is_hit having count(*) > 0
