"""Who of a group only happens to be there: each member's joint events against what their own visits bring about."""

from __future__ import annotations

import duckdb

from models.detectors import _ring_chance as chance

#: Share of members kept by mistake that is borne (Benjamini-Hochberg over all members of all groups).
LEVEL = 0.01

#: A visit of the member to the place falls into an event's window as often as the visits of others do.
_MEMBER = """
    with held as (
        select community, event, place, max(members) as members, max(start) as start
        from ring_event group by community, event, place
    ),
    others as (
        select g.community, v.place, count(*) as own
        from ring_group as g join ring_visit as v on v.person = g.person group by g.community, v.place
    ),
    total as (
        select place, count(*) as visits from ring_visit group by place
    ),
    widest as (
        select e.community, e.event, max(c.size) as size
        from ring_event as e
        join (select place, start, max(size) as size from ring_cell group by place, start) as c
            on c.place = e.place and c.start = e.start
        group by e.community, e.event
    ),
    odds as (
        select h.community, h.event, h.place,
            (greatest(w.size - h.members, 0) + 1) / (greatest(t.visits - o.own, 0) + $sparse) as odds
        from held as h
        join widest as w on w.community = h.community and w.event = h.event
        join total as t on t.place = h.place
        join others as o on o.community = h.community and o.place = h.place
    ),
    used as (
        select g.community, g.person, v.place, count(*) as visits
        from ring_group as g join ring_visit as v on v.person = g.person group by g.community, g.person, v.place
    ),
    came as (
        select e.community, c.person, count(distinct e.event) as times
        from ring_event as e join ring_cell as c on c.place = e.place and c.start = e.start
        group by e.community, c.person
    ),
    expected as (
        select u.community, u.person,
            sum(cast(1 - pow(greatest(1 - o.odds, 0), u.visits) as decimal(18, 9))) as expected
        from used as u join odds as o on o.community = u.community and o.place = u.place
        group by u.community, u.person
    )
    select g.community, g.person, coalesce(c.times, 0) as times,
        cast(coalesce(x.expected, 0) as double) as expected
    from ring_group as g
    left join came as c on c.community = g.community and c.person = g.person
    left join expected as x on x.community = g.community and x.person = g.person
    order by g.community, g.person
"""


def trim(con: duckdb.DuckDBPyConnection) -> None:
    """Take out of ring_group whose presence at its joint events is not beyond chance; needs ring_event, ring_cell."""
    import numpy as np
    from scipy.stats import poisson

    column = chance.columns(con, _MEMBER.replace("$sparse", str(chance.SPARSE)))
    if not len(column["person"]):
        return
    tail = poisson.sf(column["times"] - 1, np.maximum(column["expected"], 1e-9))
    order = np.argsort(tail, kind="stable")
    passed = np.flatnonzero(tail[order] <= LEVEL * np.arange(1, len(tail) + 1) / len(tail))
    dropped = order[passed[-1] + 1 :] if len(passed) else order
    for n in dropped:
        con.execute(
            "delete from ring_group where community = $1 and person = $2",
            [int(column["community"][n]), int(column["person"][n])],
        )
