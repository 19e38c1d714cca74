/*
title = "Cards settled in a row"
title_zh = "短时集中刷卡"
violation = "settlement_burst"
family = "pattern"
subjects = ["institution", "pharmacy"]
fetch = ["identity", "pattern"]
certainty = "suspected"
scope = ["outpatient", "chronic", "drugstore"]
window = "runs of ten-minute windows at one till, where the operator is known, else at one place"
law = ["regulation-15-1", "regulation-38-1-7", "regulation-40-1-1"]
basis = ["筛查模型 A09 集中刷卡；定点零售药店自查自纠问题清单 1、2、3"]
needs = ["record.settlement.settled_at"]
sentence = "{persons} persons settled within {minutes} minutes from {from_clock} on {occurred_on}, {usual_persons} would be usual at that hour; such runs: {own} here, {usual} by its own pace and that of {peers} peers; this settlement {amount} yuan"
sentence_zh = "{occurred_on} {from_clock} 起{minutes}分钟内{persons}人连续结算（该时段通常{usual_persons}人）；此类集中刷卡共{own}次，按本机构节奏及同类{peers}家预期{usual}次；本次{amount}元"
exclusions = [
    "several settlements of one person, or of one family: persons of one address, up to eight of it",
    "days uploaded at once: settlements of one and the same second",
    "settlements without a time of day, repayments at the counter, stays, emergencies",
    "the place's own rush hours and busy days; what peers' tills bunch as much",
    "a doctor's round in a home: mostly old persons who come in a row every month",
    "dialysis, chemotherapy, check-ups, vaccination",
    "entered afterwards: settled hours or days after the care (an outage, a round, paper)",
]
exclusions_zh = [
    "同一参保人、同一家庭（同住址八人以内）的多笔结算",
    "整日集中上传：结算时刻为同一秒",
    "无时刻的结算、零星报销、住院、急诊",
    "该机构自身的高峰时段和繁忙日；同类收银台同样集中",
    "医师到养老机构巡诊：多为每月依次就诊的老年人",
    "透析、化疗、体检、疫苗接种",
    "事后补录：就诊结束数小时或数日后结算（断网、巡诊、纸质记录）",
]
limits = "Where the export names no operator, a place with many counters has its bursts hidden in its pace. A bus that stops at the door and a firm's outing look alike; old persons brought to a clinic every month are taken for a home."
limits_zh = "导出数据无经办人时，多柜台机构的集中刷卡会被其自身节奏掩盖。大巴停靠门口、单位集体就医也会呈现相同情形；每月被集中送到诊所的老年人会被视为养老机构。"

[strength]  # half the distance to certainty for every 5 of log: 150 times less likely by chance
by = "evidence"
halving = 5
above = "min_surprise"

[params.minutes]
value = 10
unit = "minutes"
meaning = "length of the window"

[params.one_burst]
value = 8
unit = "persons"
meaning = "in a row, for one run to count alone"

[params.small_burst]
value = 4
unit = "persons"
meaning = "in the window, for a run to be counted"

[params.min_bursts]
value = 4
unit = "bursts"
meaning = "least small bursts of a place"

[params.times_usual]
value = 3.0
unit = "x"
meaning = "least ratio of bursts to those expected"

[params.min_surprise]
value = 5.0
unit = "log"
meaning = "least surprise, over the number of windows or places searched"

[params.min_settlements]
value = 50
unit = "settlements"
meaning = "fewer with a clock: not judged"

[params.min_old]
value = 0.6
unit = "share"
meaning = "of a doctor's round in a home: 70 or older"

[params.min_monthly]
value = 0.4
unit = "share"
meaning = "of a round's persons: in a row again in a month"

[params.max_same_second]
value = 0.2
unit = "share"
meaning = "of a day's settlements in its commonest second, above which the day was uploaded at once"
*/
-- clocked_visit: a settlement outside hospital stays, and whether its day was uploaded at once.
create temp table clocked_visit as
with visit as (
    select settlement_id, encounter_id, person_id, institution_id, is_pharmacy, settled_on, settled_at,
        coalesce(operator_id, '-') as till, eligible_amount, has_clock,
        count(*) over (partition by institution_id, settled_at) as same_second
    from feature.visit_bill
    where care_setting in ('outpatient', 'chronic', 'drugstore') and settlement_type <> '1' and not is_course
        and not coalesce(is_session, false) and not coalesce(is_entered_later, false)
        and person_id is not null and institution_id is not null and settled_at is not null
)
select *, max(same_second) over day_here > greatest($max_same_second * count(*) over day_here, 3) as is_upload
from visit
window day_here as (partition by institution_id, settled_on);

-- arrival: the first settlement of each person, of each family, at a place on a day.
create temp table arrival as
select v.* exclude (same_second, has_clock, is_upload)
from clocked_visit as v
left join feature.person_household as h on h.person_id = v.person_id and h.is_family
where v.has_clock and not v.is_upload
qualify row_number() over (
    partition by v.institution_id, v.settled_on, coalesce(cast(h.household as varchar), v.person_id)
    order by v.settled_at, v.settlement_id
) = 1;

-- counted_arrival: each with those who settled at its till in the minutes up to it, itself among them.
create temp table counted_arrival as
select *, count(*) over (
        partition by institution_id, till order by settled_at
        range between interval ($minutes) minute preceding and current row
    ) as persons
from arrival;

-- crowded_moment: the end of a burst, with the number of its run at the till: bursts that touch are one run.
create temp table crowded_moment as
with marked as (
    select institution_id, till, settled_at, coalesce(
            settled_at - lag(settled_at) over (partition by institution_id, till order by settled_at)
                > interval ($minutes) minute, true
        ) as is_first
    from counted_arrival
    where persons >= $small_burst
)
select institution_id, till, settled_at,
    count(*) filter (is_first) over (partition by institution_id, till order by settled_at) as run
from marked;

-- hour_of_run: a run's arrivals in one hour, with those of its first window; from them run, from first to last arrival.
create temp table hour_of_run as
with span as (
    select institution_id, till, run, min(settled_at) - interval ($minutes) minute as since, max(settled_at) as to_at
    from crowded_moment
    group by institution_id, till, run
)
select s.institution_id, s.till, s.run, s.to_at, hour(a.settled_at) as hour, min(a.settled_at) as from_at,
    count(*) as members
from span as s
join arrival as a on a.institution_id = s.institution_id and a.till = s.till
    and a.settled_at between s.since and s.to_at
group by s.institution_id, s.till, s.run, s.to_at, hour(a.settled_at);

create temp table run as
select institution_id, till, run, to_at, min(from_at) as from_at, cast(sum(members) as bigint) as members
from hour_of_run
group by institution_id, till, run, to_at;

-- paced_arrival: how many others the pace of the place would bring in the window before it and in its run: its hour's
-- pace and its day's. Campaigns and outbreaks bring crowds to a hospital, so there the window is held against the whole
-- of a crowded day. A drugstore's crowded day may be the burst itself, so there the run is held against the rest.
create temp table paced_arrival as
with hourly as (
    select institution_id, till, hour(settled_at) as hour, count(*) as events
    from arrival
    group by institution_id, till, hour(settled_at)
),
whole as (
    select institution_id, till, count(distinct settled_on) as days, count(*) as events
    from arrival
    group by institution_id, till
),
daily as (
    select institution_id, till, settled_on, count(*) as events from arrival group by institution_id, till, settled_on
),
placed as (
    select distinct c.*, m.run, r.from_at, coalesce(r.to_at, c.settled_at) as to_at,
        coalesce(r.members, c.persons) as members,
        case when c.is_pharmacy then coalesce(h.members, c.persons) else 0 end as own_hour,
        case when c.is_pharmacy then coalesce(r.members, c.persons) else 0 end as own_day
    from counted_arrival as c
    left join crowded_moment as m on m.institution_id = c.institution_id and m.till = c.till
        and m.settled_at = c.settled_at and c.persons >= $small_burst
    left join run as r on r.institution_id = m.institution_id and r.till = m.till and r.run = m.run
    left join hour_of_run as h on h.institution_id = m.institution_id and h.till = m.till and h.run = m.run
        and h.hour = hour(c.settled_at)
),
paced as (
    select p.*, cast(greatest(h.events - p.own_hour, 0) as double) / w.days / 60
            * greatest(1, greatest(d.events - p.own_day, 0) / (cast(w.events as double) / w.days)) as a_minute
    from placed as p
    join hourly as h on h.institution_id = p.institution_id and h.till = p.till and h.hour = hour(p.settled_at)
    join whole as w on w.institution_id = p.institution_id and w.till = p.till
    join daily as d on d.institution_id = p.institution_id and d.till = p.till and d.settled_on = p.settled_on
)
select *, $minutes * a_minute as others, persons >= $small_burst as is_crowded,
    greatest(date_diff('second', from_at, to_at) / 60.0, $minutes) * a_minute as run_others
from paced;

-- round_day: a doctor's round in a home: at a medical institution mostly old persons in a row, most of whom come so
-- monthly.
create temp table round_day as
with member as (
    select distinct a.institution_id, a.settled_on, a.person_id, s.age_years
    from paced_arrival as p
    join arrival as a on a.institution_id = p.institution_id and a.till = p.till
        and a.settled_at between p.settled_at - interval ($minutes) minute and p.settled_at
    join feature.settlement as s on s.settlement_id = a.settlement_id
    where p.is_crowded and not p.is_pharmacy
),
monthly as (
    select distinct m.institution_id, m.settled_on, m.person_id
    from member as m
    join member as o on o.institution_id = m.institution_id and o.person_id = m.person_id
        and abs(date_diff('day', m.settled_on, o.settled_on)) between 20 and 45
)
select m.institution_id, m.settled_on
from member as m
left join monthly as n on n.institution_id = m.institution_id and n.settled_on = m.settled_on
    and n.person_id = m.person_id
group by m.institution_id, m.settled_on
having count(*) filter (m.age_years >= 70) >= $min_old * count(*) and count(n.person_id) >= $min_monthly * count(*);

-- rated_arrival: each with whether it ends a burst that is no doctor's round.
create temp table rated_arrival as
select *, is_crowded and (institution_id, settled_on) not in (select (institution_id, settled_on) from round_day)
        as is_burst
from paced_arrival;

-- place: the bursts seen at a place and those expected: chance by its own pace, times what chance misses at half of
-- its peers.
create temp table place as
with chance as (
    select institution_id, bool_or(is_pharmacy) as is_pharmacy, count(*) as events, count(*) filter (is_burst) as ends,
        -- Windows that a Poisson pace would fill to a burst: one less the chances of 0 to small_burst - 2 others.
        round(sum(1 - exp(-others) * list_sum(list_transform(
            range(cast($small_burst - 1 as bigint)), lambda k: pow(others, k) / gamma(k + 1)
        ))), 6) as by_chance
    from rated_arrival
    group by institution_id
),
run_seen as (
    select institution_id, count(distinct (till, run)) as bursts
    from rated_arrival
    where is_burst
    group by institution_id
),
peer as (
    select is_pharmacy, median((ends + 0.5) / (by_chance + 0.5)) as usual_ratio, count(*) - 1 as peers
    from chance
    where events >= $min_settlements
    group by is_pharmacy
),
compared as (
    select c.*, coalesce(r.bursts, 0) as bursts, p.peers,
        greatest(c.by_chance, 0.05) * greatest(p.usual_ratio, 1) as usual,
        (select ln(count(*)) from chance) as searched
    from chance as c
    join peer as p on p.is_pharmacy = c.is_pharmacy
    left join run_seen as r on r.institution_id = c.institution_id
    where c.events >= $min_settlements
),
-- The bound on the logarithm of the chance to see so many when so few are usual, less what the search finds anyhow.
rated as (
    select *, bursts * ln(greatest(bursts, 1) / usual) - bursts + usual - searched as surprise from compared
)
select *, bursts >= $min_bursts and bursts >= $times_usual * usual and surprise >= $min_surprise as is_often
from rated;

-- burst: the runs of a place that has them often, and single runs that surprise by themselves.
create temp table burst as
with held_against as (
    select *, case when is_pharmacy then members else persons end as in_row,
        case when is_pharmacy then run_others else others end as beside
    from rated_arrival
    where is_burst
),
scored as (
    -- The person whose window it is comes beside the others.
    select *, in_row * ln(in_row / (beside + 1)) - in_row + beside + 1
            - (select ln(count(*)) from rated_arrival) as surprise
    from held_against
),
whole as (
    select institution_id, till, run, members, any_value(from_at) as from_at, any_value(to_at) as to_at,
        max(run_others) as others, max(surprise) filter (in_row >= $one_burst and in_row > 2 * (beside + 1)) as alone
    from scored
    group by institution_id, till, run, members
)
select w.*, p.bursts, p.usual, p.peers, greatest(case when p.is_often then p.surprise end, w.alone) as surprise
from whole as w
join place as p on p.institution_id = w.institution_id
where p.is_often or w.alone >= $min_surprise;

create temp table arrival_in_burst as
select a.*, b.members, b.others, b.bursts, b.usual, b.peers, b.surprise, b.from_at,
    date_diff('minute', b.from_at, b.to_at) + 1 as minutes
from burst as b
join arrival as a on a.institution_id = b.institution_id and a.till = b.till
    and a.settled_at between b.from_at and b.to_at;

select 'hit' as outcome, settlement_id, encounter_id, person_id, institution_id, settled_on as occurred_on,
    eligible_amount as amount, surprise as evidence, members as persons, minutes, round(others, 1) as usual_persons,
    strftime(from_at, '%H:%M') as from_clock, 'runs_of_cards' as indicator,
    'runs of cards settled in a row' as indicator_title, '短时集中刷卡次数' as indicator_title_zh, '' as unit,
    bursts as own, round(usual, 1) as usual, peers, round(surprise, 1) as surprise,
    -- Who lives together settles together, and without addresses nobody knows who does.
    case when h.persons = 0 then 'families who come together: no addresses were delivered' end as innocent,
    case when h.persons = 0 then '家庭成员同行（未提供住址）' end as innocent_zh
from arrival_in_burst
cross join (select count(*) as persons from feature.person_household) as h;

select 'cannot_judge' as outcome, 'no time of day, or uploaded at once' as reason, count(*) as units
from clocked_visit
where not has_clock or is_upload
having count(*) > 0

union all by name
select 'cannot_judge' as outcome, 'too few settlements at the place' as reason, count(*) as units
from arrival
where institution_id not in (select institution_id from place)
having count(*) > 0

union all by name
select 'clear' as outcome, count(*) as units
from arrival
where institution_id in (select institution_id from place)
    and settlement_id not in (select settlement_id from arrival_in_burst)
having count(*) > 0
