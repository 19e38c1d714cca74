"""Cards settled in a row: many persons within ten minutes at one till, beyond the place's own pace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from models import card
from models.detectors import _judged

PARTS = ("models.detectors._judged",)

CARD = card.make(
    {
        "title": "Cards settled in a row",
        "title_zh": "短时集中刷卡",
        "violation": "settlement_burst",
        "family": "pattern",
        "fetch": ["identity", "pattern"],
        "subjects": ["institution", "pharmacy"],
        "certainty": "suspected",
        "sentence": "{persons} persons settled within {minutes} minutes from {from_clock} on {occurred_on}, {usual}"
        " would be usual at that hour; such runs: {bursts} here, {usual_bursts} by its own pace and that of {peers}"
        " peers; this settlement {amount} yuan",
        "sentence_zh": "{occurred_on} {from_clock}"
        " 起{minutes}分钟内{persons}人连续结算（该时段通常{usual}人）；此类集中刷卡共"
        "{bursts}次，按本机构节奏及同类{peers}家预期{usual_bursts}次；本次{amount}元",
        "basis": [
            "《医疗保障基金使用监督管理条例》第十五条、第三十八条第（一）项：核验参保人员身份",
            "筛查模型 A09 集中刷卡；定点零售药店自查自纠问题清单 1、2、3",
        ],
        "scope": ["outpatient", "chronic", "drugstore"],
        "window": "runs of ten-minute windows at one till, where the operator is known, else at one place",
        "needs": ["record.settlement.settled_at"],
        "params": {
            "minutes": {"value": 10, "unit": "minutes", "meaning": "length of the window"},
            "one_burst": {"value": 8, "unit": "persons", "meaning": "in a row, for one run to count alone"},
            "small_burst": {"value": 4, "unit": "persons", "meaning": "in the window, for a run to be counted"},
            "min_bursts": {"value": 4, "unit": "bursts", "meaning": "least small bursts of a place"},
            "times_usual": {"value": 3.0, "unit": "x", "meaning": "least ratio of bursts to those expected"},
            "min_surprise": {
                "value": 5.0,
                "unit": "log",
                "meaning": "least surprise, over the number of windows or places searched",
            },
            "min_settlements": {"value": 50, "unit": "settlements", "meaning": "fewer with a clock: not judged"},
            "min_old": {"value": 0.6, "unit": "share", "meaning": "of a doctor's round in a home: 70 or older"},
            "min_monthly": {
                "value": 0.4,
                "unit": "share",
                "meaning": "of a round's persons: in a row again in a month",
            },
            "max_same_second": {
                "value": 0.2,
                "unit": "share",
                "meaning": "of a day's settlements in its commonest second, above which the day was uploaded at once",
            },
        },
        "exclusions": [
            "several settlements of one person",
            "days uploaded at once: settlements of one and the same second",
            "settlements without a time of day, repayments at the counter, stays, emergencies",
            "the place's own rush hours and busy days; what peers' tills bunch as much",
            "a doctor's round in a home: mostly old persons who come in a row every month",
            "dialysis, chemotherapy, check-ups, vaccination",
        ],
        "exclusions_zh": [
            "同一参保人多笔结算",
            "整日集中上传：结算时刻为同一秒",
            "无时刻的结算、零星报销、住院、急诊",
            "该机构自身的高峰时段和繁忙日；同类收银台同样集中",
            "医师到养老机构巡诊：多为每月依次就诊的老年人",
            "透析、化疗、体检、疫苗接种",
        ],
        "limits": "Where the export names no operator, a place with many counters has its bursts hidden in its pace."
        " A bus that stops at the door and a firm's outing look alike; old persons brought to a"
        " clinic every month are taken for a home.",
        "limits_zh": "导出数据无经办人时，多柜台机构的集中刷卡会被其自身节奏掩盖。大巴停靠门口、"
        "单位集体就医也会呈现相同情形；每月被集中送到诊所的老年人会被视为养老机构。",
    }
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """One hit a settlement inside a burst. Units are settlements."""
    _judged.empty(con)
    for step in (_EVENTS, _RUNS, _WINDOWS, _ROUNDS, _PLACES, _HITS):
        _judged.script(con, step.replace("{minutes}", str(int(params["minutes"]))), params)
    hits = _judged.number(con, "select count(*) from judged")
    few = _judged.number(
        con,
        "select sum(n) from (select count(*) as n from burst_event group by institution_id"
        f" having count(*) < {int(params['min_settlements'])})",
    )
    blind = _judged.number(con, "select count(*) from burst_blind")
    clear = _judged.number(con, "select count(*) from burst_event") - hits - few
    _judged.count(con, clear, {"too few settlements at the place": few, "no time of day, or uploaded at once": blind})
    _judged.drop(con, "burst_")


#: The first settlement of each person at a place on a day.
_EVENTS = """
    create or replace temp table burst_all as
    select settlement_id, encounter_id, person_id, institution_id, is_pharmacy, settled_on, settled_at,
        coalesce(operator_id, '-') as till, eligible_amount, has_clock,
        max(same) over (partition by institution_id, settled_on)
            > greatest($max_same_second * count(*) over (partition by institution_id, settled_on), 3) as is_upload
    from (
        select *, count(*) over (partition by institution_id, settled_at) as same from feature.visit_bill
        where care_setting in ('outpatient', 'chronic', 'drugstore') and settlement_type <> '1' and not is_course
            and person_id is not null and institution_id is not null and settled_at is not null
    );
    create or replace temp table burst_blind as select settlement_id from burst_all where not has_clock or is_upload;
    create or replace temp table burst_event as
    select * from burst_all
    where has_clock and not is_upload
    qualify row_number() over (
        partition by institution_id, settled_on, person_id order by settled_at, settlement_id
    ) = 1
"""

#: Each person's window: those who settled in the minutes up to it. Bursts that touch are one run.
_RUNS = """
    create or replace temp table burst_counted as
    select *, count(*) over (
            partition by institution_id, till order by settled_at
            range between interval {minutes} minute preceding and current row
        ) as persons
    from burst_event;
    create or replace temp table burst_part as
    with marked as (
        select institution_id, till, settled_at, coalesce(
                settled_at - lag(settled_at) over (partition by institution_id, till order by settled_at)
                    > interval {minutes} minute, true
            ) as is_first
        from burst_counted where persons >= $small_burst
    )
    select institution_id, till, settled_at, count(*) filter (is_first) over (
            partition by institution_id, till order by settled_at
        ) as run
    from marked;
    create or replace temp table burst_hour as
    with spanned as (
        select institution_id, till, run, min(settled_at) - interval {minutes} minute as since, max(settled_at) as to_at
        from burst_part group by institution_id, till, run
    )
    select s.institution_id, s.till, s.run, s.to_at, hour(e.settled_at) as hour, min(e.settled_at) as from_at,
        count(*) as members
    from spanned as s
    join burst_event as e on e.institution_id = s.institution_id and e.till = s.till
        and e.settled_at between s.since and s.to_at
    group by s.institution_id, s.till, s.run, s.to_at, hour(e.settled_at);
    create or replace temp table burst_run as
    select institution_id, till, run, to_at, min(from_at) as from_at, cast(sum(members) as bigint) as members
    from burst_hour group by institution_id, till, run, to_at
"""

#: How many others the pace of the place would bring: its hour's and its day's. Campaigns and outbreaks bring crowds to
#: a hospital, so there ten minutes are held against the whole of a crowded day. A drugstore's crowded day may be the
#: burst itself, so there the run is held against the rest.
_WINDOWS = """
    create or replace temp table burst_window as
    with paced as (
        select institution_id, till, hour(settled_at) as hour, count(*) as events
        from burst_event group by institution_id, till, hour(settled_at)
    ),
    open as (
        select institution_id, till, count(distinct settled_on) as days, count(*) as events
        from burst_event group by institution_id, till
    ),
    daily as (
        select institution_id, till, settled_on, count(*) as events
        from burst_event group by institution_id, till, settled_on
    ),
    known as (
        select distinct c.*, p.run, r.from_at, coalesce(r.to_at, c.settled_at) as to_at,
            coalesce(r.members, c.persons) as members,
            case when c.is_pharmacy then coalesce(h.members, c.persons) else 0 end as own_hour,
            case when c.is_pharmacy then coalesce(r.members, c.persons) else 0 end as own_day
        from burst_counted as c
        left join burst_part as p on p.institution_id = c.institution_id and p.till = c.till
            and p.settled_at = c.settled_at and c.persons >= $small_burst
        left join burst_run as r on r.institution_id = p.institution_id and r.till = p.till and r.run = p.run
        left join burst_hour as h on h.institution_id = p.institution_id and h.till = p.till and h.run = p.run
            and h.hour = hour(c.settled_at)
    )
    select k.*, {minutes} * rate.a_minute as others, k.persons >= $small_burst as is_burst,
        greatest(date_diff('second', k.from_at, k.to_at) / 60.0, {minutes}) * rate.a_minute as run_others
    from known as k
    join paced as p on p.institution_id = k.institution_id and p.till = k.till and p.hour = hour(k.settled_at)
    join open as o on o.institution_id = k.institution_id and o.till = k.till
    join daily as d on d.institution_id = k.institution_id and d.till = k.till and d.settled_on = k.settled_on
    cross join lateral (
        select cast(greatest(p.events - k.own_hour, 0) as double) / o.days / 60
            * greatest(1, greatest(d.events - k.own_day, 0) / (cast(o.events as double) / o.days)) as a_minute
    ) as rate
"""

#: A doctor's round in a home: at a medical institution mostly old persons in a row, most of whom come so monthly.
_ROUNDS = """
    create or replace temp table burst_round as
    with member as (
        select distinct e.institution_id, e.settled_on, e.person_id, s.age_years
        from burst_window as w
        join burst_event as e on e.institution_id = w.institution_id and e.till = w.till
            and e.settled_at between w.settled_at - interval {minutes} minute and w.settled_at
        join feature.settlement as s on s.settlement_id = e.settlement_id
        where w.is_burst and not w.is_pharmacy
    ),
    monthly as (
        select distinct a.institution_id, a.settled_on, a.person_id
        from member as a
        join member as b on b.institution_id = a.institution_id and b.person_id = a.person_id
            and abs(date_diff('day', a.settled_on, b.settled_on)) between 20 and 45
    )
    select m.institution_id, m.settled_on
    from member as m
    left join monthly as n on n.institution_id = m.institution_id and n.settled_on = m.settled_on
        and n.person_id = m.person_id
    group by m.institution_id, m.settled_on
    having count(*) filter (m.age_years >= 70) >= $min_old * count(*)
        and count(n.person_id) >= $min_monthly * count(*);
    update burst_window set is_burst = false where (institution_id, settled_on) in (
        select (institution_id, settled_on) from burst_round
    )
"""

#: Per place the bursts seen and expected: chance by its own pace, times what chance misses at half of its peers.
_PLACES = """
    create or replace temp table burst_place as
    with chance as (
        select institution_id, bool_or(is_pharmacy) as is_pharmacy, count(*) as events,
            count(*) filter (is_burst) as ends,
            round(sum(1 - exp(-others) * list_sum(list_transform(
                range(cast($small_burst - 1 as bigint)), lambda k: pow(others, k) / gamma(k + 1)))), 6) as by_chance
        from burst_window group by institution_id
    ),
    run as (
        select institution_id, count(distinct (till, run)) as bursts from burst_window where is_burst
        group by institution_id
    ),
    peer as (
        select is_pharmacy, median((ends + 0.5) / (by_chance + 0.5)) as usual_ratio, count(*) - 1 as peers
        from chance where events >= $min_settlements group by is_pharmacy
    ),
    placed as (
        select c.*, coalesce(r.bursts, 0) as bursts, p.peers,
            greatest(c.by_chance, 0.05) * greatest(p.usual_ratio, 1) as usual_bursts,
            (select ln(count(*)) from chance) as searched
        from chance as c
        join peer as p on p.is_pharmacy = c.is_pharmacy
        left join run as r on r.institution_id = c.institution_id
        where c.events >= $min_settlements
    )
    select *, bursts >= $min_bursts and bursts >= $times_usual * usual_bursts
            and bursts * ln(bursts / usual_bursts) - bursts + usual_bursts - searched >= $min_surprise as is_often,
        bursts * ln(greatest(bursts, 1) / usual_bursts) - bursts + usual_bursts - searched as surprise
    from placed;
    create or replace temp table burst_found as
    with scored as (
        select *, row_of * ln(row_of / (beside + 1)) - row_of + beside + 1
            - (select ln(count(*)) from burst_window) as own
        from (
            select *, case when is_pharmacy then members else persons end as row_of,
                case when is_pharmacy then run_others else others end as beside
            from burst_window where is_burst
        )
    )
    select w.institution_id, w.till, w.run, any_value(w.from_at) as from_at, any_value(w.to_at) as to_at,
        w.members, max(w.run_others) as others, p.bursts, p.usual_bursts, p.peers,
        greatest(case when p.is_often then p.surprise end,
            max(w.own) filter (w.row_of >= $one_burst and w.row_of > 2 * (w.beside + 1))) as surprise
    from scored as w
    join burst_place as p on p.institution_id = w.institution_id
    group by w.institution_id, w.till, w.run, w.members, p.bursts, p.usual_bursts, p.peers, p.is_often, p.surprise
    having p.is_often
        or max(w.own) filter (w.row_of >= $one_burst and w.row_of > 2 * (w.beside + 1)) >= $min_surprise
"""

_HITS = """
    insert into judged by name
    with member as (
        select e.*, f.members, f.others, f.bursts, f.usual_bursts, f.peers, f.surprise, f.from_at,
            date_diff('minute', f.from_at, f.to_at) + 1 as minutes
        from burst_found as f
        join burst_event as e on e.institution_id = f.institution_id and e.till = f.till
            and e.settled_at between f.from_at and f.to_at
    )
    select 'hit' as outcome, settlement_id, encounter_id, person_id, institution_id, settled_on as occurred_on,
        eligible_amount as amount,
        cast(to_json(struct_pack(persons := members, minutes := minutes, usual := round(others, 1),
            from_clock := strftime(from_at, '%H:%M'), bursts := bursts,
            usual_bursts := round(usual_bursts, 1), peers := peers, surprise := round(surprise, 1),
            occurred_on := settled_on, amount := eligible_amount)) as varchar) as detail,
        round(1 - 0.5 * pow(2, -(surprise - $min_surprise) / 5), 4) as weight, 1 as units
    from member
"""
