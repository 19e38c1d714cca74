"""The store next door: whoever a hospital's practitioners see buys there on the way out, as there is no nearer one."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate.care import errands
from data.simulate.care.charge import outpatient_lines
from data.simulate.town.catalogue import Ints
from data.simulate.town.clock import DAY
from data.simulate.town.places import STORE
from data.simulate.town.town import Town


def after(town: Town, rng: Generator) -> None:
    """One hospital or community centre for every twenty thousand persons has a drugstore beside the gate."""
    for _ in range(max(1, len(town.people) // 20_000)):
        houses = errands.unmarked(town, town.where("city_general", "district_general", "community"))
        staff = np.bincount(town.doctors["place"].to_numpy(), minlength=len(town.places))[houses]
        house = int(rng.choice(houses, p=staff / staff.sum()))
        stores = errands.unmarked(town, town.where(STORE))
        near = stores[town.place("division")[stores] == town.place("division")[house]]
        near = near if len(near) else stores
        store = int(near[np.argmax(town.place("size")[near])])
        _move(town, store, house)
        _shop(town, rng, store, house)
        town.spare([store, house])
        town.confound("store_next_door", "pharmacy", [store])


def _move(town: Town, store: int, house: int) -> None:
    """Put the store beside the gate."""
    moved = {}
    for column in ("longitude", "latitude"):
        place = town.place(column).copy()
        place[store] = np.round(place[house] + 0.0003, 6)
        moved[column] = pl.Series(place)
    town.places = town.places.with_columns(**moved)


def _shop(town: Town, rng: Generator, store: int, house: int) -> None:
    """About one visit in six that leaves something to buy: most of it next door, the rest at the store one knows."""
    seen = errands.visits_with_advice(town, pl.col("place") == house)
    seen = seen.with_columns(day=pl.col("begin") // DAY).unique(["person", "day"], keep="last", maintain_order=True)
    seen = seen.filter(pl.Series(rng.random(len(seen)) < 0.17))
    n = len(seen)
    known = town.choose_place(rng, seen["person"].to_numpy(), np.zeros(n, dtype=np.int64), "store", 0.8)
    where = np.where(rng.random(n) < 0.75, store, known)
    wait: Ints = np.where(where == store, rng.integers(240, 2400, n), rng.integers(1500, 16_000, n))
    visits = errands.possible(town, errands.bought_after(town, rng, seen, where, wait), 1800, near=house)
    errands.add_honest(town, visits, outpatient_lines(town, rng, visits))
    town.confound("store_next_door", "practitioner", seen.filter(pl.Series(where == store))["doctor"].to_numpy())
