"""What chance would do: joint events of a group, seen and drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import duckdb

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Ints: TypeAlias = npt.NDArray[np.int64]
    Columns: TypeAlias = dict[str, npt.NDArray[Any]]

#: Draws after which a place is taken to have hardly any other visitors.
TRIES = 12
#: Visits of others at a place below which its calendar says less than an even one.
SPARSE = 30
#: Room for a person, place or event beside a group or place in one integer of 64 bits.
WIDE = 2**32


def seat(con: duckdb.DuckDBPyConnection) -> None:
    """Make ring_seat: the cells in which the members of each group in ring_group sat."""
    con.execute(
        """
        create or replace temp table ring_seat as
        with sized as (
            select *, count(*) over (partition by community) as size from ring_group
        )
        select g.community, g.size, c.person, c.place, c.way, c.start
        from sized as g join ring_cell as c on c.person = g.person
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
            cast(place as bigint) * $wide
                + cast(sum(is_new) over (partition by community, place order by start) as bigint) as event
        from parted
        """,
        {"share": share, "wide": WIDE},
    )


def counts(con: duckdb.DuckDBPyConnection) -> dict[int, int]:
    """Joint events a community in ring_event."""
    said = con.sql("select community, count(distinct event) from ring_event group by community")
    return dict(said.fetchall())


def by_chance(con: duckdb.DuckDBPyConnection, runs: int, seed: int, share: float) -> dict[int, list[int]]:
    """Joint events of each group in ring_group, `runs` times, had its members come when others come.

    Each member's visit is given the time of a visit to the same place by somebody outside the group or, the
    rather the fewer others come, any day of the record: a group cannot hide behind its own share of a place.
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


def _draw(con: duckdb.DuckDBPyConnection, runs: int, seed: int) -> Columns:
    """Members' visits, `runs` times, with drawn ticks; community becomes community * runs + number."""
    import numpy as np

    every = columns(con, "select place, way, person, tick from ring_now order by place, person, tick")
    once = columns(
        con,
        "with sized as (select *, count(*) over (partition by community) as size from ring_group)"
        " select g.community, g.size, v.person, v.place, v.way, v.tick from sized as g"
        " join ring_now as v on v.person = g.person order by all",
    )
    mine = {k: np.tile(v, runs) for k, v in once.items()}
    number = np.repeat(np.arange(runs), len(once["tick"]))
    mine["tick"] = _ticks(np.random.default_rng(seed), every, mine, runs)
    return {**mine, "community": mine["community"].astype(np.int64) * runs + number}


def _ticks(rng: np.random.Generator, every: Columns, mine: Columns, runs: int) -> Ints:
    """A tick for each of `mine`: that of somebody outside its group at the same place, or any day."""
    import numpy as np

    first = np.searchsorted(every["place"], mine["place"], "left")
    last = np.searchsorted(every["place"], mine["place"], "right")
    group = mine["community"].astype(np.int64) * WIDE
    members = np.unique(group + mine["person"])
    _, which, times = np.unique(group + mine["place"], return_inverse=True, return_counts=True)
    others = np.maximum(last - first - times[which] // runs, 0)
    tick, free = mine["tick"].copy(), rng.random(len(first)) < SPARSE / (SPARSE + others)
    todo = np.flatnonzero(~free)
    for _ in range(TRIES):
        pick = first[todo] + (rng.random(len(todo)) * (last - first)[todo]).astype(np.int64)
        tick[todo] = every["tick"][pick]
        todo = todo[np.isin(group[todo] + every["person"][pick], members)]
    free[todo] = True
    tick[free] = _any_day(rng, every, mine["way"][free], tick[free])
    return tick


def _any_day(rng: np.random.Generator, every: Columns, way: npt.NDArray[Any], tick: Ints) -> Ints:
    """Any day of the record, the hour kept where there is a clock."""
    import numpy as np

    if not len(tick):
        return tick
    days = np.where(every["way"] == 0, every["tick"] // 24, every["tick"])
    day = rng.integers(days.min(), days.max() + 1, len(tick))
    return np.where(way == 0, day * 24 + tick % 24, day)


def columns(con: duckdb.DuckDBPyConnection, query: str) -> Columns:
    """The columns of a query as arrays."""
    import numpy as np

    return {k: np.asarray(v) for k, v in con.sql(query).fetchnumpy().items()}
