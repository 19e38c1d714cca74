"""Search for groups of persons who go together: visits, cells, pairs, communities, joint events.

A place is an institution with one way of telling time: 0 visits with a clock (tick: hour), 1 visits with a day
only, 2 hospital stays (tick: day of admission). A cell is a place and a window of one tick or, with a clock and
for stays, two; windows overlap by half, so that neighbours are never parted by a boundary. All tables are
temporary; `run` 0 is the record, runs 1, 2 ... have the ticks dealt anew within each place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

#: Pairs that one self-join may hold at once.
PAIRS_AT_ONCE = 20_000_000
#: Closest partners of a person that are kept as edges.
PARTNERS = 20
#: Communities above this size are split again, finer.
LARGE = 60

#: Draws after which a place is taken to have hardly any other visitors.
TRIES = 12
#: Visits of others at a place below which its calendar says less than an even one.
SPARSE = 30

#: Care that brings the same persons together again and again by its nature.
COHORT_ITEMS = "血液透析|血透|血液滤过|腹膜透析|化疗|化学治疗|放疗|放射治疗|体检|疫苗|预防接种"
COHORT_DIAGNOSES = (
    "N18.5",
    "Z00",
    "Z01",
    "Z02",
    "Z23",
    "Z24",
    "Z25",
    "Z26",
    "Z27",
    "Z34",
    "Z35",
    "Z49",
    "Z51",
)


def visits(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """Make ring_paid (a row a settlement) and ring_visit, run 0 (a row a person, place and tick).

    Visits of cohort care are left out, and persons with fewer than min_joint visits.
    """
    starts = " or ".join(f"starts_with(e.principal_diagnosis_code, '{d}')" for d in COHORT_DIAGNOSES)
    con.execute(
        f"""
        create or replace temp table ring_paid as
        with cohort_item as (
            select distinct item_code, item_name from feature.item_price_month
            where regexp_matches(item_name, '{COHORT_ITEMS}')
        ),
        cohort as (
            select distinct l.settlement_id from feature.fee_line as l
            where l.item_code in (select item_code from cohort_item)
        ),
        told as (
            select s.settlement_id, s.encounter_id, s.person_id, s.institution_id, s.settled_on, s.eligible_amount,
                case when s.care_setting = 'inpatient' then 2
                    when s.settled_at <> cast(s.settled_on as timestamp) then 0 else 1 end as way,
                case when s.care_setting = 'inpatient' then coalesce(e.started_on, s.started_on)
                    else s.settled_on end as came_on, hour(s.settled_at) as hour
            from feature.settlement as s
            left join feature.encounter as e on e.encounter_id = s.encounter_id
            where s.person_id is not null and s.institution_id is not null
                and coalesce(s.care_setting, '-') not in ('check_up', 'maternity_outpatient')
                and not coalesce({starts}, false)
                and s.settlement_id not in (select settlement_id from cohort)
        )
        select *, cast(dense_rank() over (order by person_id) as integer) as person,
            cast(dense_rank() over (order by institution_id, way) as integer) as place,
            cast(date_diff('day', date '2000-01-03', came_on) as bigint) * case when way = 0 then 24 else 1 end
                + case when way = 0 then hour else 0 end as tick
        from told where came_on is not null
        """
    )
    con.execute(
        """
        create or replace temp table ring_visit as
        with distinct_visit as (
            select distinct 0 as run, person, place, way, tick from ring_paid
        )
        select * from distinct_visit
        qualify count(*) over (partition by person) >= $least
        order by place, person, tick
        """,
        {"least": params["min_joint"]},
    )


def deal(con: duckdb.DuckDBPyConnection, runs: int, seed: int) -> None:
    """Add runs 1 to `runs` to ring_visit: who came stays with the place, when is dealt anew.

    Visits named in ring_set_aside (person, place) take no part: suspects would carry their own crowding
    into the measure of chance.
    """
    import pyarrow as pa

    base = con.sql(
        "select v.person, v.place, v.way, v.tick from ring_visit as v anti join ring_set_aside as a"
        " on a.person = v.person and a.place = v.place where v.run = 0 order by v.place, v.person, v.tick"
    )
    column = {k: np.asarray(v) for k, v in base.fetchnumpy().items()}
    rng = np.random.default_rng(seed)
    for run in range(1, runs + 1):
        dealt = np.lexsort((rng.random(len(column["place"])), column["place"]))
        con.register("ring_dealt", pa.table({**column, "tick": column["tick"][dealt]}))
        con.execute(f"insert into ring_visit select distinct {run}, person, place, way, tick from ring_dealt")
        con.unregister("ring_dealt")


def cells(con: duckdb.DuckDBPyConnection, largest: int) -> None:
    """Make ring_cell: a row a run, cell and person in it; cells of one person or above `largest` left out.

    ring_crowd names the windows of the record that are above it.
    """
    con.execute(
        """
        create or replace temp table ring_crowd as
        select place, case when way = 1 then tick else tick // 2 * 2 end as start
        from ring_visit where run = 0 group by all having count(distinct person) > $largest
        """,
        {"largest": largest},
    )
    con.execute(
        """
        create or replace temp table ring_cell as
        with windowed as (
            select run, person, place, way, case when way = 1 then tick else tick // 2 * 2 end as start, tick
            from ring_visit
            union all
            select run, person, place, way, (tick + 1) // 2 * 2 - 1, tick from ring_visit where way <> 1
        ),
        single as (
            select run, place, way, start, person, min(case when way = 0 then tick // 24 else tick end) as day
            from windowed group by run, place, way, start, person
        ),
        sized as (
            select *, count(*) over (partition by run, place, start) as size from single
        )
        select * from sized where size between 2 and $largest
        """,
        {"largest": largest},
    )


def pairs(con: duckdb.DuckDBPyConnection, run: int, least: int) -> list[tuple[int, int, float]]:
    """Persons with `least` joint cells or more on different days or places, with the rarity of their cells."""
    total = con.execute(
        "select coalesce(sum(size), 0) from ring_cell where run = $run", {"run": run}
    ).fetchall()[0][0]
    parts = int(total // PAIRS_AT_ONCE) + 1
    con.execute("create or replace temp table ring_pair (one integer, other integer, rarity double)")
    for part in range(parts):
        con.execute(
            """
            insert into ring_pair
            select a.person, b.person, sum(1.0 / a.size)
            from ring_cell as a
            join ring_cell as b on b.run = a.run and b.place = a.place and b.start = a.start and b.person > a.person
            where a.run = $run and a.person % $parts = $part
            group by a.person, b.person
            having count(distinct a.place * 1000000 + a.day) >= $least
            """,
            {"run": run, "parts": parts, "part": part, "least": least},
        )
    return con.execute(
        """
        with both_ways as (
            select one, other, rarity from ring_pair
            union all
            select other, one, rarity from ring_pair
        ),
        near as (
            select *, row_number() over (partition by one order by rarity desc, other) as place from both_ways
        )
        select distinct least(one, other) as a, greatest(one, other) as b, rarity
        from near where place <= $partners order by a, b
        """,
        {"partners": PARTNERS},
    ).fetchall()


def communities(edges: list[tuple[int, int, float]], seed: int, least: int) -> list[list[int]]:
    """Groups of `least` persons or more, each sorted, in the order of their first person."""
    import networkx as nx

    graph = nx.Graph()
    graph.add_weighted_edges_from(edges)
    found = nx.community.louvain_communities(graph, seed=seed) if edges else []
    split: list[set[int]] = []
    for group in found:
        finer = nx.community.louvain_communities(graph.subgraph(sorted(group)), resolution=3, seed=seed)
        split.extend(finer if len(group) > LARGE else [group])
    return sorted(sorted(g) for g in split if len(g) >= least)


def seat(con: duckdb.DuckDBPyConnection) -> None:
    """Make ring_seat: the cells in which the members of each group in ring_group sat, in the group's run."""
    con.execute(
        """
        create or replace temp table ring_seat as
        with sized as (
            select *, count(*) over (partition by community) as size from ring_group
        )
        select g.community, g.size, c.person, c.place, c.way, c.start
        from sized as g join ring_cell as c on c.person = g.person and c.run = g.run
        """
    )


def events(con: duckdb.DuckDBPyConnection, share: float) -> None:
    """Make ring_event from ring_seat: a row a joint event's cell.

    A joint event is a cell with three members or more and `share` of the group; overlapping cells are one
    event, and so is a day with a clock.
    """
    con.execute(
        """
        create or replace temp table ring_event as
        with met as (
            select community, place, way, start, count(distinct person) as members
            from ring_seat
            group by community, size, place, way, start
            having count(distinct person) >= 3 and count(distinct person) >= $share * size
        ),
        dated as (
            select *, case when way = 0 then start // 24 else start end as day from met
        ),
        parted as (
            select *, case when day - lag(day) over (partition by community, place order by start)
                <= case when way = 2 then 1 else 0 end then 0 else 1 end as is_new
            from dated
        )
        select community, place, way, start, members, day,
            place * 1000000 + sum(is_new) over (partition by community, place order by start) as event
        from parted
        """,
        {"share": share},
    )


def counts(con: duckdb.DuckDBPyConnection) -> dict[int, int]:
    """Joint events a community in ring_event."""
    return dict(
        con.sql("select community, count(distinct event) from ring_event group by community").fetchall()
    )


def by_chance(con: duckdb.DuckDBPyConnection, runs: int, seed: int, share: float) -> dict[int, list[int]]:
    """Joint events of each group in ring_group, `runs` times, had its members come when others come.

    Each member's visit is given the time of a visit to the same place by somebody outside the group or, the
    rather the fewer others come, any day of the record. So a group cannot hide behind its own share of a place.
    """
    import pyarrow as pa

    drawn = _draw(con, runs, seed)
    con.register("ring_drawn", pa.table(drawn))
    con.execute(
        """
        create or replace temp table ring_seat as
        select community, size, person, place, way, case when way = 1 then tick else tick // 2 * 2 end as start
        from ring_drawn
        union
        select community, size, person, place, way, (tick + 1) // 2 * 2 - 1 from ring_drawn where way <> 1
        """
    )
    con.unregister("ring_drawn")
    events(con, share)
    seen = counts(con)
    groups = con.sql("select distinct community from ring_group order by community").fetchall()
    return {g: [seen.get(g * runs + r, 0) for r in range(runs)] for (g,) in groups}


def _draw(con: duckdb.DuckDBPyConnection, runs: int, seed: int) -> dict[str, npt.NDArray[Any]]:
    """Members' visits, `runs` times, with drawn ticks; community becomes community * runs + number."""
    every = _columns(con, "select run, place, way, person, tick from ring_visit order by run, place, person, tick")
    mine = _columns(
        con,
        "with sized as (select *, count(*) over (partition by community) as size from ring_group)"
        " select g.community, g.size, g.run, v.person, v.place, v.way, v.tick from sized as g"
        " join ring_visit as v on v.person = g.person and v.run = g.run order by all",
    )
    mine = {k: np.tile(v, runs) for k, v in mine.items()}
    number = np.repeat(np.arange(runs), len(mine["run"]) // runs)
    at = every["run"].astype(np.int64) * 2**32 + every["place"]
    key = mine["run"].astype(np.int64) * 2**32 + mine["place"]
    first, last = np.searchsorted(at, key, "left"), np.searchsorted(at, key, "right")
    wide = mine["community"].astype(np.int64) * 2**32
    members = np.unique(wide + mine["person"])
    own = np.unique(wide + mine["place"], return_inverse=True, return_counts=True)
    others = np.maximum((last - first) - own[2][own[1]] // runs, 0)
    rng = np.random.default_rng(seed)
    tick, free = mine["tick"].copy(), rng.random(len(key)) < SPARSE / (SPARSE + others)
    todo = np.flatnonzero(~free)
    for _ in range(TRIES):
        pick = first[todo] + (rng.random(len(todo)) * (last - first)[todo]).astype(np.int64)
        tick[todo] = every["tick"][pick]
        todo = todo[np.isin(wide[todo] + every["person"][pick], members)]
    free[todo] = True
    tick[free] = _any_day(rng, every, mine["way"][free], tick[free])
    return {**mine, "tick": tick, "community": mine["community"].astype(np.int64) * runs + number}


def _any_day(
    rng: np.random.Generator, every: dict[str, npt.NDArray[Any]], way: npt.NDArray[Any], tick: Ints
) -> Ints:
    """Any day of the record, the hour kept where there is a clock."""
    if not len(tick):
        return tick
    days = np.where(every["way"] == 0, every["tick"] // 24, every["tick"])
    day = rng.integers(days.min(), days.max() + 1, len(tick))
    return np.where(way == 0, day * 24 + tick % 24, day)


def _columns(con: duckdb.DuckDBPyConnection, query: str) -> dict[str, npt.NDArray[Any]]:
    return {k: np.asarray(v) for k, v in con.sql(query).fetchnumpy().items()}
