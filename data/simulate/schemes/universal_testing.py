"""Universal testing: a bundle of tests for everybody who is admitted, whatever the illness.

Imitates hospitals whose order sets run tumour markers, hormones and imaging on every stay. Camouflage: wards have
bundles of their own, not everybody gets every test, a fifth of the stays are spared.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.care.charge import is_stay
from data.simulate.town.town import LINE, Town, frame

SUBJECTS = ("institution",)
POOL = ("private_general", "private_small", "district_general", "tcm_hospital", "township", "rehabilitation")
BUNDLE = (
    "002504040010000", "002504040020000", "002503060130000", "002502030660000", "002503100540000", "002503060090000",
    "002504030040000", "002504030140000", "002504030190000", "002503100010000", "002503100110000", "002503020030100",
    "002206000040000", "002203020040000", "002203020010000", "002103000010000", "003106010010000", "003101000230000",
    "002503070280000", "002504010250000",
)  # fmt: skip


def plant(town: Town, rng: Generator, dose: float) -> None:
    """Add bundles to the stays of a few hospitals."""
    stays = town.base.filter(is_stay() & (pl.col("refund") == 0) & (pl.col("clearing") != 5))
    pool = deeds.busy(town, POOL, stays=10)
    for hospital in town.pick(rng, pool, deeds.quota(town)):
        own = stays.filter(pl.col("place") == hospital)
        limit = deeds.budget(town, rng, int(hospital), 0.06, 0.22, dose)
        lines = _bundles(town, rng, own, limit)
        if len(lines):
            ids = town.deed("universal_testing", institution=np.full(len(lines), hospital))
            town.lines.append(lines.with_columns(plant=pl.Series(ids)))


def _bundles(town: Town, rng: Generator, stays: pl.DataFrame, limit: int) -> pl.DataFrame:
    """As many of the hospital's tests as the limit allows, for four stays of five, on the first days."""
    reached = stays.filter(pl.Series(rng.random(len(stays)) < 0.8))
    tests = rng.permutation(deeds.codes(town, BUNDLE))
    place = int(stays["place"][0])
    each = town.price[place, tests] * len(reached) * 0.8
    tests = tests[: max(1, int((np.cumsum(each) <= limit).sum()))]
    wards = rng.random((len(town.cat.departments), len(tests))) < 0.9
    chance = np.where(wards[np.maximum(0, reached["dept"].to_numpy())], 0.88, 0.1)
    row, which = np.nonzero(rng.random(chance.shape) < chance)
    begin, end = (reached[c].to_numpy()[row] for c in ("begin", "end"))
    at = np.minimum(begin + rng.integers(1200, 30 * 3600, len(row)), end)
    return frame(LINE, {"visit": reached["visit"].to_numpy()[row], "item": tests[which], "at": at})
