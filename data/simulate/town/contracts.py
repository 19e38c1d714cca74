"""The register of contracts: one for every place. A few drugstores are suspended for a season."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate.deeds import busy
from data.simulate.town.catalogue import Ints
from data.simulate.town.clock import DAY
from data.simulate.town.places import STORE
from data.simulate.town.town import Town

OPEN = 9_999


def sign(town: Town, rng: Generator) -> None:
    """Sign with everybody, and suspend two drugstores in a hundred, at least two."""
    stores = town.where(STORE)
    free = np.setdiff1d(busy(town, (STORE,), visits=40), list(town.taken.get("places", ())))
    count = max(2, round(0.02 * len(stores)))
    suspended = np.sort(rng.choice(free if len(free) >= count else stores, count, replace=False))
    since = rng.integers(70, 200, count)
    until = since + rng.integers(45, 120, count)
    every = np.arange(len(town.places))
    first = np.full(len(every), OPEN)
    first[suspended] = since - 1
    town.contracts = pl.DataFrame(
        {
            "place": np.concatenate([every, suspended]),
            "begin": np.concatenate([np.full(len(every), -400), until + 1]),
            "end": np.concatenate([first, np.full(count, OPEN)]),
        }
    )
    # One move at a time: who is sent on must not be sent to a store that is suspended as well.
    others = np.setdiff1d(stores, suspended)
    for store, first_day, last_day in zip(suspended.tolist(), since.tolist(), until.tolist(), strict=True):
        _go_on(town, rng, store, first_day, last_day, others)
    town.spare(suspended)


def suspensions(town: Town) -> pl.DataFrame:
    """The suspended stores: place, first and last day without a contract."""
    gap = town.contracts.sort("place", "begin").with_columns(
        begin=pl.col("end") + 1, end=pl.col("begin").shift(-1).over("place") - 1
    )
    return gap.filter(pl.col("end").is_not_null())


def nearest(town: Town, store: int, others: Ints) -> Ints:
    """The other stores, the nearest first."""
    where = np.stack([town.place("longitude"), town.place("latitude")], axis=1)
    return others[np.argsort(((where[others] - where[store]) ** 2).sum(axis=1), kind="stable")]


def _go_on(town: Town, rng: Generator, store: int, first: int, last: int, others: Ints) -> None:
    """Spread what the store would have sold in these days over the stores around."""
    day = town.base["begin"].to_numpy() // DAY
    moved = (town.base["place"].to_numpy() == store) & (day >= first) & (day <= last)
    around = nearest(town, store, others)[:6]
    # Each customer has an own next store.
    own = rng.integers(0, len(around), len(town.people))
    place = np.where(moved, around[own[town.base["person"].to_numpy()]], town.base["place"].to_numpy())
    town.base = town.base.with_columns(place=pl.Series(place))
    town.confound("suspended_neighbour", "pharmacy", np.unique(place[moved]))
