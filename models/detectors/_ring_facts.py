"""Groups that beat chance: who belongs, what they did together, and whether a benign habit explains it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from models.detectors import _ring_chance as chance
from models.detectors import _ring_members

#: Courses of treatment that bring the same persons to one institution for weeks.
COURSE = "康复|训练|针刺|电针|推拿|理疗|牵引|偏瘫"
#: Gaps between events that vary less than this share of their mean are a rhythm.
EVEN = 0.4

_OVERLAP = """
    with sized as (
        select community, person, count(*) over (partition by community) as size from ring_group
    )
    select a.community, b.community
    from sized as a join sized as b on b.person = a.person and b.community > a.community
    group by a.community, b.community
    having count(*) >= 0.5 * min(least(a.size, b.size))
    order by all
"""

_JOINT = """
    create or replace temp table ring_joint as
    select distinct e.community, e.event, p.settlement_id, p.encounter_id, p.person_id, p.person,
        p.institution_id, p.settled_on, p.came_on, p.eligible_amount
    from ring_event as e
    join ring_group as g on g.community = e.community
    join ring_paid as p on p.person = g.person and p.place = e.place
        and p.tick between e.start and e.start + case when e.way = 1 then 0 else 1 end
"""

_FACT = f"""
    create or replace temp table ring_fact as
    with held as (
        select community, event, min(institution_id) as institution_id, min(came_on) as day
        from ring_joint group by community, event
    ),
    spaced as (
        select *, date_diff('day', lag(day) over (partition by community order by day, event), day) as gap
        from held
    ),
    visited as (
        select community, institution_id, count(*) as events from held group by community, institution_id
    ),
    spread as (
        select v.community, count(*) filter (v.events >= 0.15 * h.events) as institutions
        from visited as v join (select community, count(*) as events from held group by 1) as h
            on h.community = v.community
        group by v.community
    ),
    admitted as (
        select community, count(distinct event) filter (way = 2) as stay_events from ring_event group by community
    ),
    weekday as (
        select community, dayofweek(day) as weekday, count(*) as events from held group by 1, 2
        qualify row_number() over (partition by community order by count(*) desc, 2) <= 3
    ),
    fixed as (
        select community, sum(events) as fixed_events from weekday group by community
    ),
    course as (
        select j.community, avg(cast(coalesce(c.is_course, false) as integer)) as course_share
        from (select distinct community, settlement_id from ring_joint) as j
        left join (
            select distinct settlement_id, true as is_course from feature.fee_line
            where settlement_id in (select settlement_id from ring_joint)
                and regexp_matches(item_name, '{COURSE}')
        ) as c on c.settlement_id = j.settlement_id
        group by j.community
    ),
    person as (
        select j.community, count(distinct j.person) as members, min(s.age_years) as youngest
        from ring_joint as j join feature.settlement as s on s.settlement_id = j.settlement_id
        group by j.community
    )
    select p.community, p.members, p.youngest, count(*) as joint_events, max(r.institutions) as institutions,
        max(f.fixed_events) as fixed_events, max(c.course_share) as course_share,
        max(a.stay_events) as stay_events,
        coalesce(stddev_samp(s.gap) / nullif(avg(s.gap), 0), 1) as unevenness
    from person as p
    join spaced as s on s.community = p.community
    join spread as r on r.community = p.community
    join fixed as f on f.community = p.community
    join course as c on c.community = p.community
    join admitted as a on a.community = p.community
    group by p.community, p.members, p.youngest
"""

#: A household goes to the doctor together, it is not admitted together again and again.
_BENIGN = f"""
    delete from ring_fact
    where members < 3 or joint_events < $least
        or (members <= $small and (joint_events < $strong or institutions < 2))
        or (members <= $household and (youngest < 16 or (joint_events < $strong and stay_events < $least)))
        or (institutions < 2 and (joint_events < $strong or course_share >= 0.5 or unevenness < {EVEN}
            or fixed_events >= 0.9 * joint_events))
"""


def members(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """Replace each group by those who came to half of its joint events, more than their visits explain."""
    chance.seat(con)
    chance.events(con, float(params["share"]))
    con.execute(
        """
        create or replace temp table ring_group as
        with came as (
            select e.community, c.person, count(distinct e.event) as times
            from ring_event as e join ring_cell as c on c.place = e.place and c.start = e.start
            group by e.community, c.person
        ),
        held as (
            select community, count(distinct event) as events from ring_event group by community
        ),
        core as (
            select c.community, c.person from came as c join held as h on h.community = c.community
            where c.times >= 0.5 * h.events
        ),
        named as (
            select community, string_agg(person, ' ' order by person) as members from core group by community
        ),
        single as (
            select min(community) as community from named group by members
        )
        select c.community, c.person from core as c join single as s on s.community = c.community
        """
    )
    _ring_members.trim(con)
    chance.seat(con)
    chance.events(con, float(params["share"]))


def merge(con: duckdb.DuckDBPyConnection, by_chance: Mapping[int, float]) -> dict[int, float]:
    """Make one group of those that share half of the smaller one's members; returns events by chance anew."""
    import networkx as nx

    graph = nx.Graph()
    graph.add_nodes_from(sorted(by_chance))
    graph.add_edges_from(con.sql(_OVERLAP).fetchall())
    merged = {}
    for parts in nx.connected_components(graph):
        first = min(parts)
        merged[first] = max(by_chance[part] for part in parts)
        for part in sorted(parts - {first}):
            con.execute("update ring_group set community = $1 where community = $2", [first, part])
    con.execute("create or replace temp table ring_group as select distinct * from ring_group")
    return merged


def drop_benign(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """Make ring_joint (settlements of members in joint events) and ring_fact (a row a group that stays)."""
    con.execute(_JOINT)
    con.execute(_FACT)
    bounds = {"least": "min_events", "strong": "strong_events", "small": "min_members", "household": "household"}
    con.execute(_BENIGN, {mark: params[name] for mark, name in bounds.items()})
