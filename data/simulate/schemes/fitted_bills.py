"""Fitted bills: bills below the sum from which the insurance office looks at them are filled up to just under it.

Imitates hospitals that heard, or believe, above what sum a bill is reviewed, and take what lies below for a gift:
whatever a person came for, medicines, tests and treatments are added that nobody was given. Camouflage: the sum is
the house's own belief, each bill keeps another distance from it, other articles on each, a part of the bills left
alone, dear ones never touched.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.town.catalogue import Ints
from data.simulate.town.town import LINE, OUTPATIENT, STAY, Town, frame

SUBJECTS = ("institution",)
POOL = ("private_general", "private_small", "community", "township", "district_general", "tcm_hospital")
AT_THE_COUNTER = (
    "003401000010000", "003401000100000", "004400000030000", "004300000010000", "004100000010000", "002501010150000",
    "003107010010000", "002504010250000", "002202010020000", "ZA12CAA0012010100312", "ZM01CAA0139010100439",
    "ZA01CAA0059010100359", "XB03BAA031A00101010100317", "XA03FAA036A00101010100352", "XA02ADA037A00101010100359",
)  # fmt: skip
ON_THE_WARD = (
    "002203010010000", "002206000040000", "002203020040000", "002103000010000", "002503030050000", "002503060090000",
    "002504040010000", "003107010030000", "003401000010000", "003401000100000", "004300000010000", "004500000010000",
    "001207000010000", "XB05BAF152B002010100273", "XN06BXA085B00201010100695", "ZA12CAA0013010100313",
    "C14020800200000000000",
)  # fmt: skip
# With these the last gap is closed.
SMALL = ("002501030010000", "XN02BEA064A00101010100548", "C14020600100000000000", "C14020100100000000000")


def plant(town: Town, rng: Generator, dose: float) -> None:
    """Fill up the visits' or the stays' bills of a few hospitals."""
    pool = deeds.busy(town, POOL, stays=10, visits=60)
    for hospital in town.pick(rng, pool, deeds.quota(town)):
        limit = deeds.budget(town, rng, int(hospital), 0.05, 0.26, dose)
        on_the_ward = rng.random() < 0.5
        # Nobody has published it: multiples of fifty or of five hundred yuan are told.
        believed = int(rng.integers(5, 16)) * 50_000 if on_the_ward else int(rng.integers(3, 9)) * 5_000
        own = town.base.filter(
            (pl.col("place") == hospital) & (pl.col("kind") == (STAY if on_the_ward else OUTPATIENT))
            & (pl.col("refund") == 0) & (pl.col("clearing") != 5)
        )  # fmt: skip
        bills = _below(town, own, believed, rng.uniform(0.3, 0.6))
        bills = bills.filter(pl.Series(rng.random(len(bills)) < rng.uniform(0.65, 0.95)))
        if len(bills) == 0:
            continue
        lines = _filling(town, rng, bills, believed, ON_THE_WARD if on_the_ward else AT_THE_COUNTER)
        kept = deeds.within(town, bills[rng.permutation(len(bills))], lines, limit)
        added = lines.filter(pl.col("visit").is_in(kept["visit"].implode()))
        ids = town.deed("fitted_bills", institution=np.full(len(added), hospital))
        town.lines.append(added.with_columns(plant=pl.Series(ids)))


def _below(town: Town, visits: pl.DataFrame, believed: int, least: float) -> pl.DataFrame:
    """Visits whose bills are below the sum and worth filling up, with what they cost."""
    lines = town.base_lines.filter(pl.col("visit").is_in(visits["visit"].implode()))
    cost = lines.select("visit", cost=pl.Series(deeds.cents(town, visits, lines)))
    each = visits.join(cost.group_by("visit").agg(pl.col("cost").sum()), on="visit", maintain_order="left")
    return each.filter((pl.col("cost") >= least * believed) & (pl.col("cost") < 0.97 * believed))


def _filling(town: Town, rng: Generator, bills: pl.DataFrame, believed: int, names: tuple[str, ...]) -> pl.DataFrame:
    """For each bill articles in its own order, as many as still go under the sum, none that is on it already."""
    place, n = int(bills["place"][0]), len(bills)
    items = deeds.codes(town, names + SMALL)
    order = np.argsort(rng.random((n, len(items))) + (np.arange(len(items)) >= len(names)), axis=1)
    gap = believed * (1 - rng.uniform(0.001, 0.035, n)) - bills["cost"].to_numpy()
    service = town.cat.column("catalogue_type")[items] == "201"
    most = np.where(service, 1, 3 if names is AT_THE_COUNTER else 8)
    there = _there(town, bills, items)
    parts = []
    for nth in range(len(items)):
        which = order[:, nth]
        price = town.price[place, items[which]]
        wanted = np.minimum(rng.integers(1, most[which] + 1), np.maximum(0, gap) // price)
        cnt = (wanted * ~there[np.arange(n), which]).astype(np.int64)
        gap = gap - cnt * price
        parts.append(_lines(town, rng, bills, items[which], cnt))
    return pl.concat(parts)


def _there(town: Town, bills: pl.DataFrame, items: Ints) -> np.ndarray:
    """Whether each of the items is on each of the bills."""
    rows = bills.select("visit").with_row_index("row").join(town.base_lines.select("visit", "item"), on="visit")
    there = np.zeros((len(bills), len(town.cat.items)), dtype=bool)
    there[rows["row"].to_numpy(), rows["item"].to_numpy()] = True
    return there[:, items]


def _lines(town: Town, rng: Generator, bills: pl.DataFrame, item: Ints, cnt: Ints) -> pl.DataFrame:
    begin, end = bills["begin"].to_numpy(), bills["end"].to_numpy()
    at = begin + (rng.random(len(begin)) * np.maximum(0, end - begin)).astype(np.int64)
    days = np.minimum(30, cnt * town.cat.column("pack_days")[item])
    lines = frame(LINE, {"visit": bills["visit"].to_numpy(), "item": item, "cnt": cnt, "days": days, "at": at})
    return lines.filter(pl.Series(cnt > 0))
