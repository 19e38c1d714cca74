/*
title = "Practitioner far busier than the busiest of the like"
title_zh = "医师日接诊量持续远高于同类医师"
violation = "practitioner_volume"
family = "capacity"
judges   = ["practitioner"]
subjects = ["practitioner", "institution"]
fetch = ["workload"]
certainty = "suspected"
scope = ["outpatient", "emergency", "chronic"]
window = "practitioner and day, over the months"
basis = ["筛查模型 D01 医师/治疗师超产能"]
needs = ["record.fee_line.ordering_practitioner_id"]
sentence = "{persons} persons were seen in one name on {occurred_on}{hours_text}, one of {over_days} days in {months} months above {most}; nine of ten of the {peers} practitioners at like institutions stay under {usual} even on busy days"
sentence_zh = "{occurred_on}以同一医师名义接诊{persons}人{hours_text_zh}；{months}个月内超过{most}人的共{over_days}天，同类机构{peers}名医师中九成忙日也不超过{usual}人"
exclusions = [
    "persons with laboratory, examination or treatment lines alone: ordered before, not seen that day",
    "orders of a stay: ward rounds",
    "a popular practitioner's long day: more than {max_minutes:minute} a person by the clock",
    "one campaign, a vaccination day: the days must recur over months",
    "rounds: the same persons on every such day (nursing home, dialysis)",
    "codes of zeros that stand for nobody",
    "too few practitioners at like institutions: cannot judge",
]
exclusions_zh = [
    "仅有检验、检查、治疗明细的参保人：此前开单，当日未接诊",
    "住院医嘱：查房",
    "热门医师的长工作日：按时刻每人超过 {max_minutes} 分钟",
    "单次活动、疫苗接种日：须在数月内反复出现",
    "巡诊：每个此类日期均为同一批人（养老机构、透析）",
    "全零编码，不对应具体医师",
    "同类机构医师过少：无法判定",
]
limits = "A code that several physicians use is the usual finding, an offence of its own. A village doctor on a round of chronic persons sees many on few days. No money is at issue by the count alone."
limits_zh = "常见结果为多名医师共用一个编码，其本身即属另一问题。村医巡诊慢性病参保人，少数日期人数较多。仅人次本身不涉及金额。"
status = "trial"

[strength]  # half the distance to certainty for every half of the most more
by = "times"
halving = 0.5
above = 1

[params.min_persons]
value = 20
unit = "persons"
meaning = "a day, fewer are never too many"

[params.min_ratio]
value = 3.0
unit = "x"
meaning = "of what nine of ten peers reach on busy days"

[params.min_own_ratio]
value = 3.0
unit = "x"
meaning = "of the busy days of half the practitioners of the same institution"

[params.min_days]
value = 5
unit = "days"
meaning = "of such days"

[params.min_months]
value = 3
unit = "months"
meaning = "that they fall in"

[params.max_again]
value = 0.8
unit = "share"
meaning = "of a day's persons seen on another such day: more is a round of the same ones"

[params.max_minutes]
value = 8.0
unit = "minutes"
meaning = "a person between the day's first and last entry, where they have a clock: slower is work"

[params.min_peers]
value = 20
unit = "practitioners"
meaning = "fewer peers: cannot judge"

[params.min_worked]
value = 10
unit = "days"
meaning = "with persons seen; fewer: not judged, no peer"
*/
with order_line as (
    select practitioner_id, institution_id, charged_on, person_id, charged_at, has_clock
    from feature.fee_line
    where practitioner_id is not null and not is_pharmacy and care_setting in ('outpatient', 'emergency', 'chronic')
        and (catalogue_type <> '201' or fee_category in ('02', '12'))
        and not regexp_matches(practitioner_id, '^[A-Za-z]{0,2}(0+|9{6,})$')
),
worked_day as (
    select practitioner_id, institution_id, charged_on, count(distinct person_id) as persons,
        min(charged_at) as first_at, max(charged_at) as last_at, max(cast(has_clock as integer)) as has_clock
    from order_line
    group by practitioner_id, institution_id, charged_on
),
-- A practitioner at a place: `busy` is what nine tenths of the days stay under.
worker as (
    select w.practitioner_id, w.institution_id, quantile_cont(cast(w.persons as double), 0.9) as busy, g.key_2, g.key_3
    from worked_day as w
    join feature.institution_peer_group as g on g.institution_id = w.institution_id
    group by w.practitioner_id, w.institution_id, g.key_2, g.key_3
    having count(*) >= $min_worked
),
keyed as (
    select *, case when count(*) over (partition by key_2) > $min_peers then key_2 else key_3 end as peer_key
    from worker
),
peer_group as (
    select k.peer_key, count(*) as workers, quantile_cont(w.busy, 0.9) as busy
    from (select distinct peer_key from keyed) as k
    join worker as w on w.key_2 = k.peer_key or w.key_3 = k.peer_key
    group by k.peer_key
),
house as (
    select institution_id, median(busy) as busy from worker group by institution_id
),
limited as (
    select k.practitioner_id, k.institution_id, k.busy, p.workers - 1 as peers, p.busy as peer_busy,
        greatest($min_persons, $min_ratio * p.busy, $min_own_ratio * h.busy) as most
    from keyed as k
    join peer_group as p on p.peer_key = k.peer_key
    join house as h on h.institution_id = k.institution_id
),
clocked_day as (
    select *, has_clock = 1 and last_at > first_at as is_clocked,
        date_diff('minute', first_at, last_at) as minutes
    from worked_day
),
-- So many persons in a day of full length are a popular practitioner.
crowded_day as (
    select d.*, l.busy, l.peers, l.peer_busy, l.most
    from clocked_day as d
    join limited as l on l.practitioner_id = d.practitioner_id and l.institution_id = d.institution_id
    where d.persons >= l.most and l.peers >= $min_peers
        and (not d.is_clocked or d.minutes <= $max_minutes * d.persons)
),
person_on_day as (
    select o.practitioner_id, o.institution_id, o.charged_on,
        count(*) over (partition by o.practitioner_id, o.institution_id, o.person_id) as days
    from (select distinct practitioner_id, institution_id, charged_on, person_id from order_line) as o
    join crowded_day as c on c.practitioner_id = o.practitioner_id and c.institution_id = o.institution_id
        and c.charged_on = o.charged_on
),
seen_again as (
    select practitioner_id, institution_id, charged_on, avg(cast(days > 1 as integer)) as share
    from person_on_day group by practitioner_id, institution_id, charged_on
),
counted_day as (
    select c.*, count(*) over place as over_days,
        count(distinct date_trunc('month', c.charged_on)) over place as months
    from crowded_day as c
    join seen_again as a on a.practitioner_id = c.practitioner_id and a.institution_id = c.institution_id
        and a.charged_on = c.charged_on
    where a.share <= $max_again
    window place as (partition by c.practitioner_id, c.institution_id)
),
overfull_day as (
    select *, round(minutes / 60.0, 1) as hours
    from counted_day where over_days >= $min_days and months >= $min_months
)
select 'hit' as outcome, institution_id, practitioner_id, charged_on as occurred_on, practitioner_id as part,
    persons / most as times, persons, over_days, months, cast(ceil(most) - 1 as integer) as most,
    'busy_day' as indicator, 'persons seen on a busy day' as indicator_title, '忙日接诊人数' as indicator_title_zh,
    '' as unit, round(busy, 1) as own, round(peer_busy, 1) as usual, peers,
    case when is_clocked then ' within ' || hours || ' hours' else '' end as hours_text,
    case when is_clocked then '（' || hours || '小时内）' else '' end as hours_text_zh
from overfull_day

union all by name
select 'cannot_judge' as outcome, 'too few practitioners at like institutions' as reason, count(*) as units
from limited where peers < $min_peers having count(*) > 0

union all by name
select 'clear' as outcome, count(*) as units
from limited as l
where peers >= $min_peers and not exists (
    select 1 from overfull_day as d
    where d.practitioner_id = l.practitioner_id and d.institution_id = l.institution_id
)
having count(*) > 0
