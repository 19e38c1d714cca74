"""What the fund does not pay: tonics, health consultations and pads that persons buy for their own money.

Many houses sell some of it. A few give it up within the year, when a new practitioner treats the same complaints with
medicines and massages that the fund does pay, many of them of old customers: the one item ends, the other leaps, and
both were really given.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate.town.catalogue import Ints
from data.simulate.town.clock import DAY
from data.simulate.town.town import LINE, OUTPATIENT, Town, frame

# Who sells it; to what share of the visitors at the most; how many units; the unit of packing.
SOLD = {
    "T001700805": (("tcm_clinic", "tcm_hospital", "private_small", "clinic"), 0.16, 30, 90, 10),
    "T001700742": (("tcm_clinic", "tcm_hospital", "private_general"), 0.12, 20, 60, 10),
    "001309000010000": (("private_general", "private_small", "rehabilitation", "clinic", "community"), 0.2, 2, 8, 1),
    "C13030100100000000000": (("nursing_hospital", "rehabilitation"), 0.3, 10, 40, 10),
}
GIVEN_UP = ("T001700805", "T001700742", "001309000010000")
MEDICINES = ("ZA09CAA0190010100490", "ZA09CAA0192010100492", "ZA09CAA0187010100487")
TREATMENTS = ("004300000010000", "004400000030000", "004500000010000", "003401000010000")


def after(town: Town, rng: Generator) -> None:
    """Sell it at half of the places; of the sellers who live on it one in twenty gives it up for a new offer."""
    adult = pl.Series(town.person("age")[town.base["person"].to_numpy()] >= 30)
    seen = town.base.filter(adult & (pl.col("kind") == OUTPATIENT) & (pl.col("refund") == 0))
    sales = [_sale(town, rng, seen, code, int(place)) for code in SOLD for place in _sellers(town, rng, code)]
    sold = pl.concat(sales)
    places, lines = np.unique(sold.filter(pl.col("item").is_in(_rows(town, GIVEN_UP)))["place"], return_counts=True)
    large = places[lines >= np.median(lines)]
    chosen = rng.choice(large, max(1, len(places) // 20), replace=False)
    for place in chosen:
        sold = _new_offer(town, rng, seen, sold, int(place))
    town.base_lines = pl.concat([town.base_lines, sold.select(town.base_lines.columns)])
    town.spare(chosen)
    town.confound("new_offer", "institution", chosen)


def _rows(town: Town, names: tuple[str, ...]) -> list[int]:
    return [town.cat.item[name] for name in names]


def _sellers(town: Town, rng: Generator, code: str) -> Ints:
    pool = town.where(*SOLD[code][0])
    return np.sort(rng.choice(pool, max(1, len(pool) // 2), replace=False))


def _sale(town: Town, rng: Generator, seen: pl.DataFrame, code: str, place: int) -> pl.DataFrame:
    """Lines of one item at one place, for a share of its visitors."""
    _, most, low, high, unit = SOLD[code]
    own = seen.filter(place=place)
    # The buyers are regulars: who likes it takes it on most visits.
    likes = rng.random(len(town.people)) < rng.uniform(most / 3, most) / 0.7
    own = own.filter(pl.Series(likes[own["person"].to_numpy()] & (rng.random(len(own)) < 0.7)))
    cnt = rng.integers(low // unit, high // unit + 1, len(own)) * unit
    return _lines(own, np.full(len(own), town.cat.item[code]), cnt)


def _lines(visits: pl.DataFrame, item: Ints, cnt: Ints) -> pl.DataFrame:
    at = (visits["begin"].to_numpy() + visits["end"].to_numpy()) // 2
    lines = frame(LINE, {"visit": visits["visit"].to_numpy(), "item": item, "cnt": cnt, "at": at})
    return lines.with_columns(visits["place"], visits["person"])


def _new_offer(town: Town, rng: Generator, seen: pl.DataFrame, sold: pl.DataFrame, place: int) -> pl.DataFrame:
    """End the sales of a place on a day; from about then on its visitors, the old customers first, get the offer."""
    own = (pl.col("place") == place) & pl.col("item").is_in(_rows(town, GIVEN_UP))
    day = int(rng.integers(100, 230))
    buyers = sold.filter(own)["person"].to_numpy()
    late = seen.filter((pl.col("place") == place) & (pl.col("begin") > (day + int(rng.integers(0, 25))) * DAY))
    share = len(buyers) / max(1, len(seen.filter(place=place)))
    wanted = np.where(np.isin(late["person"].to_numpy(), buyers), 0.6, share)
    late = late.filter(pl.Series(rng.random(len(late)) < wanted))
    medicine = rng.random(len(late)) < 0.7
    item = np.where(medicine, town.cat.item[rng.choice(MEDICINES)], town.cat.item[rng.choice(TREATMENTS)])
    lines = _lines(late, item, np.where(medicine, rng.integers(1, 4, len(late)), 1))
    days = lines["cnt"] * town.cat.column("pack_days")[item]
    return pl.concat([sold.filter(~own | (pl.col("at") < day * DAY)), lines.with_columns(days=days)])
