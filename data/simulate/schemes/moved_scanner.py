"""Moved scanner: while a drugstore is suspended, its cards are settled at the terminal of a store nearby.

Imitates owners who carry on behind closed shutters and have a friend or their second store settle the cards.
Camouflage: the other store's own customers go on, some of the suspended store's customers really go elsewhere, the
business begins some days into the suspension, baskets and hours are ordinary.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.care.charge import outpatient_lines
from data.simulate.care.drugstore import baskets
from data.simulate.town import contracts
from data.simulate.town.catalogue import Ints
from data.simulate.town.clock import DAY
from data.simulate.town.places import STORE
from data.simulate.town.town import PURCHASE, Town

SUBJECTS = ("pharmacy",)


def plant(town: Town, rng: Generator, dose: float) -> None:
    """Let half of the suspended stores, at least one, carry on at one of the stores around."""
    shut = contracts.suspensions(town)
    chosen = shut[np.sort(rng.choice(len(shut), (len(shut) + 1) // 2, replace=False))]
    for store, first, last in chosen.select("place", "begin", "end").iter_rows():
        around = contracts.nearest(town, store, np.setdiff1d(town.where(STORE), shut["place"].to_numpy()))[:4]
        (friend,) = town.pick(rng, around, 1)
        limit = deeds.budget(town, rng, int(friend), 0.08, 0.29, dose)
        _settle(town, rng, int(friend), _customers(town, store), int(first), int(last), limit)


def _customers(town: Town, store: int) -> Ints:
    """Who bought at the store, as often as they did."""
    own = town.base.filter((pl.col("place") == store) & (pl.col("kind") == PURCHASE))["person"].to_numpy()
    alive: Ints = own[town.person("death")[own] < 0]
    return alive


def _settle(town: Town, rng: Generator, friend: int, customers: Ints, first: int, last: int, limit: int) -> None:
    """The suspended store's customers, those who come often more often, from some days into the suspension on."""
    n = limit // 3_500 + 6
    person = rng.choice(customers, n)
    day = rng.integers(first + int(rng.integers(0, 12)), last + 1, n)
    begin = town.at(rng, np.full(n, friend), day)
    visits = town.new_visits(
        person=person,
        place=friend,
        kind=PURCHASE,
        begin=begin,
        end=begin + rng.integers(60, 600, n),
        kit=baskets(town, rng, person),
        consult=0,
        absent=rng.random(n) < 0.5,
        cert=rng.choice([1, 3], n),
    )
    visits = visits.filter(pl.Series(deeds.free(town, person, begin // DAY, np.zeros(n, dtype=np.int64))))
    lines = outpatient_lines(town, rng, visits)
    visits = visits.filter(pl.col("visit").is_in(lines["visit"].implode()))
    deeds.plant(town, "moved_scanner", deeds.within(town, visits, lines, limit), lines, "pharmacy")
