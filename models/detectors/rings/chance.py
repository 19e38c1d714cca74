"""What chance would do: visits dealt anew among those who come to a place, and drawn for the members of a group."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

Ints: TypeAlias = npt.NDArray[np.int64]
Columns: TypeAlias = dict[str, npt.NDArray[Any]]

#: Draws after which a place is taken to have hardly any other visitors.
TRIES = 12
#: Visits of others at a place below which its calendar says less than an even one.
SPARSE = 30
#: Room for a person or place beside a group in one integer of 64 bits.
WIDE = 2**32


def dealt(visits: pl.DataFrame, suspects: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Visits dealt anew: who came stays with the place, when is shuffled within it.

    `visits` is sorted by place, person, tick, and so is what comes back. Suspects' visits take no part: they would
    carry their own crowding into the measure of chance.
    """
    free = visits.join(suspects, on="person", how="anti", maintain_order="left")
    shuffled = np.random.default_rng(seed).random(free.height)
    order = np.lexsort((shuffled, free["place"].to_numpy()))
    return free.with_columns(free["tick"].gather(order)).unique().sort("place", "person", "tick")


def drawn(visits: pl.DataFrame, groups: pl.DataFrame, runs: int, seed: int) -> pl.DataFrame:
    """Members' visits, `runs` times, had they come when others come; community becomes community * runs + number.

    Each visit is given the time of a visit to the same place by somebody outside the group or, the rather the fewer
    others come, any day of the record: a group cannot hide behind its own share of a place.
    """
    sized = groups.with_columns(size=pl.len().over("community").cast(pl.Int64))
    once = sized.join(visits, on="person").select("community", "size", "person", "place", "way", "tick")
    once = once.sort(pl.all())
    members = {name: np.tile(values, runs) for name, values in _columns(once).items()}
    run = np.repeat(np.arange(runs), once.height)
    members["tick"] = _ticks(np.random.default_rng(seed), _columns(visits), members, runs)
    return pl.DataFrame({**members, "community": members["community"].astype(np.int64) * runs + run})


def _ticks(rng: np.random.Generator, every: Columns, members: Columns, runs: int) -> Ints:
    """A tick for each of the members' visits: that of somebody outside the group at the same place, or any day."""
    first = np.searchsorted(every["place"], members["place"], "left")
    last = np.searchsorted(every["place"], members["place"], "right")
    group = members["community"].astype(np.int64) * WIDE
    inside = np.unique(group + members["person"])
    _, which, times = np.unique(group + members["place"], return_inverse=True, return_counts=True)
    others = np.maximum(last - first - times[which] // runs, 0)
    tick, free = members["tick"].copy(), rng.random(len(first)) < SPARSE / (SPARSE + others)
    todo = np.flatnonzero(~free)
    for _ in range(TRIES):
        pick = first[todo] + (rng.random(len(todo)) * (last - first)[todo]).astype(np.int64)
        tick[todo] = every["tick"][pick]
        todo = todo[np.isin(group[todo] + every["person"][pick], inside)]
    free[todo] = True
    tick[free] = _any_day(rng, every, members["way"][free], tick[free])
    return tick


def _any_day(rng: np.random.Generator, every: Columns, way: npt.NDArray[Any], tick: Ints) -> Ints:
    """Any day of the record, the hour kept where there is a clock."""
    if not len(tick):
        return tick
    days = np.where(every["way"] == 0, every["tick"] // 24, every["tick"])
    day = rng.integers(days.min(), days.max() + 1, len(tick))
    return np.where(way == 0, day * 24 + tick % 24, day)


def _columns(frame: pl.DataFrame) -> Columns:
    return {name: frame[name].to_numpy() for name in frame.columns}
