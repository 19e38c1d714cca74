"""Practitioners who on many days see far more persons than the busiest of their like, or in hours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from models import card

CARD = card.make(
    {
        "title": "Practitioner far busier than the busiest of the like",
        "title_zh": "医师日接诊量持续远高于同类医师",
        "violation": "practitioner_volume",
        "family": "capacity",
        "fetch": ["workload"],
        "subjects": ["practitioner", "institution"],
        "certainty": "suspected",
        "scope": ["outpatient", "emergency", "chronic"],
        "sentence": "{persons} persons were seen in one name on {occurred_on}{hours_text}, one of {over_days} days in"
        " {months} months above {most}; nine of ten of the {peers} practitioners at like institutions stay"
        " under {peer_text} even on busy days",
        "sentence_zh": "{occurred_on}以同一医师名义接诊{persons}人{hours_text_zh}；"
        "{months}个月内超过{most}人的共{over_days}天，同类机构{peers}名医师中九成忙日也不超过{peer_text}人",
        "basis": ["筛查模型 D01 医师/治疗师超产能"],
        "window": "practitioner and day, over the months",
        "needs": ["record.fee_line.ordering_practitioner_id"],
        "params": {
            "min_persons": {"value": 20, "unit": "persons", "meaning": "a day, fewer are never too many"},
            "min_ratio": {"value": 3.0, "unit": "x", "meaning": "of what nine of ten peers reach on busy days"},
            "min_own_ratio": {
                "value": 3.0,
                "unit": "x",
                "meaning": "of the busy days of half the practitioners of the same institution",
            },
            "min_days": {"value": 5, "unit": "days", "meaning": "of such days"},
            "min_months": {"value": 3, "unit": "months", "meaning": "that they fall in"},
            "max_again": {
                "value": 0.8,
                "unit": "share",
                "meaning": "of a day's persons seen on another such day: more is a round of the same ones",
            },
            "max_minutes": {
                "value": 8.0,
                "unit": "minutes",
                "meaning": "a person between the day's first and last entry, where they have a clock: slower is work",
            },
            "min_peers": {"value": 20, "unit": "practitioners", "meaning": "fewer peers: cannot judge"},
            "min_worked": {"value": 10, "unit": "days", "meaning": "with persons seen; fewer: not judged, no peer"},
        },
        "exclusions": [
            "persons with laboratory, examination or treatment lines alone: ordered before, not seen that day",
            "orders of a stay: ward rounds",
            "a popular practitioner's long day: more than {max_minutes:minute} a person by the clock",
            "one campaign, a vaccination day: the days must recur over months",
            "rounds: the same persons on every such day (nursing home, dialysis)",
            "codes of zeros that stand for nobody",
            "too few practitioners at like institutions: cannot judge",
        ],
        "exclusions_zh": [
            "仅有检验、检查、治疗明细的参保人：此前开单，当日未接诊",
            "住院医嘱：查房",
            "热门医师的长工作日：按时刻每人超过 {max_minutes} 分钟",
            "单次活动、疫苗接种日：须在数月内反复出现",
            "巡诊：每个此类日期均为同一批人（养老机构、透析）",
            "全零编码，不对应具体医师",
            "同类机构医师过少：无法判定",
        ],
        "limits": "A code that several physicians use is the usual finding, an offence of its own. A village"
        " doctor on a round of chronic persons sees many on few days. No money is at issue by the count alone.",
        "limits_zh": "常见结果为多名医师共用一个编码，其本身即属另一问题。村医巡诊慢性病参保人，少数日期人数较多。"
        "仅人次本身不涉及金额。",
        "status": "trial",
    }
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """One hit a day too full of a practitioner who has many, without money. Units are practitioners at a place
    and, for hits, their days."""
    con.execute(_JUDGED, dict(params))


_JUDGED = """
    create or replace temp table judged as
    with visit as (
        select distinct practitioner_id, institution_id, charged_on, person_id
        from feature.fee_line
        where practitioner_id is not null and not is_pharmacy and care_setting in ('outpatient', 'emergency', 'chronic')
            and (catalogue_type <> '201' or fee_category in ('02', '12'))
    ),
    seen as (
        select practitioner_id, institution_id, charged_on, count(distinct person_id) as persons,
            min(charged_at) as first_at, max(charged_at) as last_at, max(cast(has_clock as integer)) as has_clock
        from feature.fee_line
        where practitioner_id is not null and not is_pharmacy and care_setting in ('outpatient', 'emergency', 'chronic')
            and (catalogue_type <> '201' or fee_category in ('02', '12'))
            and not regexp_matches(practitioner_id, '^[A-Za-z]{0,2}(0+|9{6,})$')
        group by practitioner_id, institution_id, charged_on
    ),
    worker as (
        select practitioner_id, institution_id, count(*) as days,
            quantile_cont(cast(persons as double), 0.9) as busy
        from seen group by practitioner_id, institution_id
    ),
    sized as (
        select w.*, g.key_2, g.key_3, count(*) over (partition by g.key_2) as near
        from worker as w
        join feature.institution_peer_group as g on g.institution_id = w.institution_id
        where w.days >= $min_worked
    ),
    keyed as (
        select *, case when near > $min_peers then key_2 else key_3 end as peer_key from sized
    ),
    peer as (
        select k.peer_key, count(*) as workers, quantile_cont(w.busy, 0.9) as busy
        from (select distinct peer_key from keyed) as k
        join sized as w on w.key_2 = k.peer_key or w.key_3 = k.peer_key
        group by k.peer_key
    ),
    own as (
        select institution_id, median(busy) as busy from sized group by institution_id
    ),
    limited as (
        select k.practitioner_id, k.institution_id, p.workers - 1 as peers, p.busy as peer_busy,
            greatest($min_persons, $min_ratio * p.busy, $min_own_ratio * o.busy) as most
        from keyed as k
        join peer as p on p.peer_key = k.peer_key
        join own as o on o.institution_id = k.institution_id
    ),
    -- So many persons in a day of full length are a popular practitioner.
    hurried as (
        select *, has_clock = 1 and last_at > first_at as is_clocked,
            date_diff('minute', first_at, last_at) as minutes
        from seen
    ),
    crowded as (
        select s.*, l.peers, l.peer_busy, l.most
        from hurried as s
        join limited as l on l.practitioner_id = s.practitioner_id and l.institution_id = s.institution_id
        where s.persons >= l.most and l.peers >= $min_peers
            and (not s.is_clocked or s.minutes <= $max_minutes * s.persons)
    ),
    met as (
        select v.practitioner_id, v.institution_id, v.charged_on,
            count(*) over (partition by v.practitioner_id, v.institution_id, v.person_id) as days
        from visit as v
        join crowded as c on c.practitioner_id = v.practitioner_id and c.institution_id = v.institution_id
            and c.charged_on = v.charged_on
    ),
    again as (
        select practitioner_id, institution_id, charged_on, avg(cast(days > 1 as integer)) as share
        from met group by practitioner_id, institution_id, charged_on
    ),
    over as (
        select c.*, count(*) over w as over_days, count(distinct date_trunc('month', c.charged_on)) over w as months
        from crowded as c
        join again as a on a.practitioner_id = c.practitioner_id and a.institution_id = c.institution_id
            and a.charged_on = c.charged_on
        where a.share <= $max_again
        window w as (partition by c.practitioner_id, c.institution_id)
    ),
    told as (
        select *, round(minutes / 60.0, 1) as hours
        from over where over_days >= $min_days and months >= $min_months
    )
    select 'hit' as outcome, cast(null as varchar) as reason, cast(null as varchar) as settlement_id,
        cast(null as varchar) as line_id, cast(null as varchar) as encounter_id, cast(null as varchar) as person_id,
        institution_id, practitioner_id, charged_on as occurred_on, cast(null as decimal(16, 2)) as amount,
        cast(to_json(struct_pack(persons := persons, occurred_on := charged_on, over_days := over_days,
            months := months, most := cast(ceil(most) - 1 as integer), peers := peers,
            peer_text := format('{:g}', round(peer_busy, 1)), practitioner_id := practitioner_id,
            hours_text := case when is_clocked then ' within ' || hours || ' hours' else '' end,
            hours_text_zh := case when is_clocked then '（' || hours || '小时内）' else '' end)) as varchar) as detail,
        practitioner_id as part, round(1 - 0.5 * pow(2, -(persons / most - 1) * 2), 4) as weight,
        cast(null as varchar) as group_key, cast(1 as bigint) as units
    from told
    union all
    select 'cannot_judge', 'too few practitioners at like institutions', null, null, null, null, null, null, null,
        null, null, null, null, null, count(*)
    from limited where peers < $min_peers having count(*) > 0
    union all
    select 'clear', null, null, null, null, null, null, null, null, null, null, null, null, null, count(*)
    from limited as l
    where peers >= $min_peers and not exists (
        select 1 from told as t where t.practitioner_id = l.practitioner_id and t.institution_id = l.institution_id
    )
    having count(*) > 0
"""
