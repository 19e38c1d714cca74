"""Drugstore substitution: rice, oil and cosmetics are sold, drugs are charged.

Imitates drugstores that keep groceries on the shelf and ring them up as a few carrier drugs on the insurance card.
Camouflage: the store's own customers at ordinary hours, several carriers, totals near the shelf price of the goods
but seldom round, some baskets with a real drug beside.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.town.catalogue import Ints
from data.simulate.town.clock import day_weights, draw_days
from data.simulate.town.places import STORE
from data.simulate.town.town import LINE, PURCHASE, Town, frame

SUBJECTS = ("pharmacy",)
CARRIERS = (
    "ZM01CAA0140010100440", "ZA12CAA0015010100315", "ZA09CAA0186010100486", "ZA12CAA0012010100312",
    "XM03BXA135A00101010101045", "ZA09CAA0192010100492", "XB03BAA031A00101010100317", "ZA03CAA0061010100361",
    "ZA12CAA0196010100496", "XA07FAA039A00101010100373", "ZA09CAA0187010100487", "XM01AXA136A00101010101052",
)  # fmt: skip
SHELF = np.array([2990, 3990, 4590, 5800, 6800, 7990, 8800, 9900, 12800, 15900, 19800, 26800])


def plant(town: Town, rng: Generator, dose: float) -> None:
    """Stock groceries at a few drugstores."""
    pool = deeds.busy(town, (STORE,), visits=60)
    for store in town.pick(rng, pool, deeds.quota(town, stores=True, share=0.03)):
        limit = deeds.budget(town, rng, int(store), 0.08, 0.28, dose)
        count = limit // 5_000 + 5
        customers = town.base.filter(place=int(store))["person"].to_numpy()
        person = rng.choice(customers, count)
        day = draw_days(rng, day_weights(town.year, weekend=1.3, winter=1.1, festival=0.9), count)
        begin = town.at(rng, np.full(count, store), day)
        visits = town.new_visits(
            person=person,
            place=int(store),
            kind=PURCHASE,
            begin=begin,
            end=begin + rng.integers(40, 500, count),
            consult=0,
            cert=rng.choice([1, 3], count),
        )
        lines = _rung_up(town, rng, int(store), visits)
        deeds.plant(town, "drugstore_substitution", deeds.within(town, visits, lines, limit), lines, "pharmacy")


def _rung_up(town: Town, rng: Generator, store: int, visits: pl.DataFrame) -> pl.DataFrame:
    """As many boxes of a carrier as come near the shelf price, at a price that makes the sum fit."""
    own = rng.choice(deeds.codes(town, CARRIERS), int(rng.integers(3, 7)), replace=False)
    row: Ints = np.repeat(np.arange(len(visits)), rng.choice([1, 2], len(visits), p=[0.7, 0.3]))
    item = own[(rng.random(len(row)) ** 1.4 * len(own)).astype(int)]
    goods = rng.choice(SHELF, len(row)) + rng.integers(-300, 300, len(row))
    usual = town.price[store, item]
    cnt = np.clip(np.rint(goods / usual), 1, 8).astype(np.int64)
    price = np.clip(goods // cnt, usual * 8 // 10, usual * 5 // 4)
    at = visits["begin"].to_numpy()[row]
    number = visits["visit"].to_numpy()[row]
    days = np.minimum(cnt * 7, 30)
    return frame(LINE, {"visit": number, "item": item, "cnt": cnt, "price": price, "days": days, "at": at})
