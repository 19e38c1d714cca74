"""Goods under drug codes: the store's own stock list ties groceries and cosmetics to codes that the fund pays.

Imitates drugstores that enter shelf goods into their till as themselves and match them to a drug of about the same
price, so that the card pays for rice and face masks. Camouflage: each store its own pairs, most goods renamed like
the drug after some weeks, the store's own customers at ordinary hours, real drugs in the same basket.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.care.charge import outpatient_lines
from data.simulate.town.catalogue import Ints
from data.simulate.town.clock import DAY, day_weights, draw_days
from data.simulate.town.places import STORE
from data.simulate.town.town import LINE, PURCHASE, Town, frame

SUBJECTS = ("pharmacy",)
DRUGS = ("09", "11")  # fee categories: western drugs, patent medicines
BASKETS = ("s_cold", "s_stomach", "s_pain", "s_skin")


def plant(town: Town, rng: Generator, dose: float) -> None:
    """Match the shelves of a few drugstores."""
    pool = deeds.busy(town, (STORE,), visits=60)
    for store in town.pick(rng, pool, deeds.quota(town, stores=True, share=0.02)):
        limit = deeds.budget(town, rng, int(store), 0.05, 0.24, dose)
        count = limit // 4_000 + 5
        person = rng.choice(town.base.filter(place=int(store))["person"].to_numpy(), count)
        day = draw_days(rng, day_weights(town.year, weekend=1.4, winter=1.1, festival=1.0), count)
        begin = town.at(rng, np.full(count, store), day)
        kits = np.array([town.cat.kit(name) for name in BASKETS])
        visits = town.new_visits(
            person=person,
            place=int(store),
            kind=PURCHASE,
            begin=begin,
            end=begin + rng.integers(40, 500, count),
            kit=np.where(rng.random(count) < 0.25, rng.choice(kits, count), -1),
            consult=0,
            cert=rng.choice([1, 3], count),
        )
        goods = _matched(town, rng, int(store), visits)
        kept = deeds.within(town, visits, goods, limit)
        beside = outpatient_lines(town, rng, visits)
        # The real drugs of the basket are bought as they are: no part of the deed.
        deeds.plant(town, "goods_under_drug_codes", kept, goods, "pharmacy")
        town.lines.append(beside.filter(pl.col("visit").is_in(kept["visit"].implode())))


def _matched(town: Town, rng: Generator, store: int, visits: pl.DataFrame) -> pl.DataFrame:
    """One or two goods a purchase, as many units of the matched drug as come near the price on the shelf."""
    goods = rng.choice(len(town.cat.goods), int(rng.integers(2, 7)), replace=False)
    shelf = (town.cat.goods["price"].to_numpy()[goods] * 100).astype(np.int64)
    sold = town.base_lines.join(town.base.filter(place=store).select("visit"), on="visit")["item"].unique().sort()
    drugs: Ints = sold.filter(pl.Series(np.isin(town.cat.column("fee_category")[sold.to_numpy()], DRUGS))).to_numpy()
    like = rng.choice(drugs, len(goods), replace=len(drugs) < len(goods))
    row: Ints = np.repeat(np.arange(len(visits)), rng.choice([1, 2], len(visits), p=[0.75, 0.25]))
    which = (rng.random(len(row)) ** 1.3 * len(goods)).astype(np.int64)
    item = like[which]
    cnt = np.clip(np.rint(shelf[which] / town.price[store, item]), 1, 12).astype(np.int64)
    at = visits["begin"].to_numpy()[row]
    # Some stores rename a pair sooner than others; from then on the stock list says what the bill says.
    renamed = at // DAY >= rng.integers(30, 2 * town.days, len(goods))[which]
    return frame(
        LINE,
        {
            "visit": visits["visit"].to_numpy()[row],
            "item": item,
            "cnt": cnt,
            "days": np.minimum(30, cnt * 7),
            "at": at,
            "goods": np.where(renamed, -1, goods[which]),
        },
    )
