"""Drugstore cash-out: cards are swiped for tonics, dear remedies or nothing at all.

Imitates drugstores that turn personal accounts into cash: a limited set of cards again and again, several
within minutes, dear items, many round totals, some while the holder lies in hospital. Camouflage: single
purchases between the bursts, mixed baskets, totals that are not round, another rhythm at each store.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.care.charge import is_stay
from data.simulate.town.catalogue import Ints
from data.simulate.town.clock import DAY
from data.simulate.town.places import STORE
from data.simulate.town.town import LINE, PURCHASE, Town, frame

SUBJECTS = ("pharmacy",)
DEAR = (
    "ZA09CAA0188010100488",
    "ZA09CAA0126010100426",
    "ZA09CAA0190010100490",
    "ZA07AAA0061010100166",
    "ZA09CAA0192010100492",
    "T001700643",
    "T001100659",
    "XA12AXA138A00101010101066",
    "ZA12CAA0013010100313",
)
HERB = 40
USUAL_BASKET = 45_000
LEAST = 150


def plant(town: Town, rng: Generator, dose: float) -> None:
    """Turn a few drugstores, small ones as well as large."""
    turnover = town.turnover()
    for store in town.pick(rng, deeds.busy(town, [STORE], visits=LEAST), deeds.quota(town, stores=True, share=0.045)):
        count = max(5, round(turnover[store] * rng.uniform(0.08, 0.30) * dose / USUAL_BASKET))
        _swipe(town, rng, int(store), count)


def _cards(town: Town, rng: Generator, count: int) -> Ints:
    """A limited set of cards, most of employees, some used far more than others."""
    adult = (town.person("age") >= 30) & (town.person("death") < 0)
    weight = adult * np.where(town.person("insutype") == 310, 4.0, 1.0)
    pool = rng.choice(
        len(weight), max(4, round(count * rng.uniform(0.2, 0.45))), replace=False, p=weight / weight.sum()
    )
    skew = rng.dirichlet(np.full(len(pool), 0.8))
    return rng.choice(pool, count, p=skew).astype(np.int64)


def _moments(town: Town, rng: Generator, store: int, count: int) -> Ints:
    """Most purchases in bursts of a few minutes each, the rest alone, all within opening hours."""
    session = np.cumsum(rng.random(count) < 1 / rng.uniform(2.5, 6.5))
    day = rng.integers(0, town.days, session.max() + 1)
    hour = town.clock(rng, np.full(len(day), store))
    step = rng.integers(50, 420, count)
    nth = np.arange(count) - np.searchsorted(session, session)
    begin = day[session] * DAY + hour[session] + nth * step
    alone = rng.random(count) < 0.4
    lone = rng.integers(0, town.days, count) * DAY + town.clock(rng, np.full(count, store))
    return np.minimum(np.where(alone, lone, begin), town.days * DAY - 3600)


def _swipe(town: Town, rng: Generator, store: int, count: int) -> None:
    person, begin = _cards(town, rng, count), _moments(town, rng, store, count)
    stays = town.base.filter(is_stay() & ((pl.col("end") - pl.col("begin")) > 2 * DAY))
    if len(stays):
        chosen = stays[rng.integers(0, len(stays), count)]
        abed = rng.random(count) < 0.12
        span = (chosen["end"].to_numpy() - chosen["begin"].to_numpy()) // DAY - 1
        day = chosen["begin"].to_numpy() // DAY + 1 + (rng.random(count) * span).astype(np.int64)
        person = np.where(abed, chosen["person"].to_numpy(), person)
        begin = np.where(abed, day * DAY + begin % DAY, begin)
    visits = town.add_visits(
        person=person,
        place=store,
        kind=PURCHASE,
        begin=begin,
        end=begin + rng.integers(20, 240, count),
        consult=0,
        cert=rng.choice([1, 3], count),
    )
    ids = town.deed("drugstore_cash_out", pharmacy=np.full(count, store))
    town.lines.append(_basket(town, rng, store, visits, ids))


def _basket(town: Town, rng: Generator, store: int, visits: pl.DataFrame, ids: Ints) -> pl.DataFrame:
    """One to three dear lines a purchase; in about half, each line is brought to tens of yuan."""
    row = np.repeat(np.arange(len(visits)), rng.choice([1, 2, 3], len(visits), p=[0.5, 0.35, 0.15]))
    dear = np.array([town.cat.item[c] for c in DEAR])
    item = dear[(rng.random(len(row)) ** 1.3 * len(dear)).astype(int)]
    herbal = town.cat.column("catalogue_type")[item] == "102"
    cnt = np.where(
        herbal,
        HERB * rng.integers(1, 5, len(row)),
        rng.choice([1, 2, 3, 4, 5], len(row), p=[0.45, 0.25, 0.12, 0.1, 0.08]),
    )
    price = np.rint(town.price[store, item] * rng.uniform(0.97, 1.12, len(row))).astype(np.int64)
    whole = np.maximum(1, np.rint(price * cnt / 1000)).astype(np.int64) * 1000
    tidy = (rng.random(len(visits)) < 0.55)[row] & (whole % cnt == 0)
    price = np.where(tidy, whole // cnt, price)
    return frame(
        LINE,
        {
            "visit": visits["visit"].to_numpy()[row],
            "item": item,
            "cnt": cnt,
            "price": price,
            "days": np.where(herbal, 7, 8) * np.minimum(cnt, 4),
            "at": visits["begin"].to_numpy()[row],
            "plant": ids[row],
        },
    )
