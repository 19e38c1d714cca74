"""Duplicate charges: an included item beside the including one, units beyond the day, excess prices.

Imitates hospitals whose price office adds lines to honest care. Camouflage: only some visits and some
months, each hospital with its own mixture, surcharges that differ by item, extra lines at other hours than
the first.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.care.charge import is_stay
from data.simulate.town.catalogue import Flags
from data.simulate.town.clock import DAY
from data.simulate.town.town import Town

SUBJECTS = ("institution",)
POOL = (
    "private_general",
    "private_small",
    "district_general",
    "tcm_hospital",
    "rehabilitation",
    "township",
    "community",
)
DAILY = ("nursing_1", "nursing_2", "nursing_3", "ward_round", "bed_three", "bed_four")


def plant(town: Town, rng: Generator, dose: float) -> None:
    """Add and dear up lines at a few of the hospitals in the pool."""
    pool = town.where(*POOL)
    stays = np.bincount(town.base.filter(is_stay())["place"].to_numpy(), minlength=len(town.places))
    busy = pool[stays[pool] >= 5]
    clean = town.base.filter(pl.col("refund") == 0)
    for hospital in town.pick(rng, busy, deeds.quota(town)):
        here = clean.filter(pl.col("place") == hospital)
        share = min(0.9, rng.uniform(0.35, 0.85) * dose)
        visits = here.filter(pl.Series(rng.random(len(here)) < share))
        mixture = rng.dirichlet([2.0, 2.0, 2.0]) * 2
        _included(town, rng, int(hospital), visits, min(1.0, 0.5 + mixture[0]))
        _more_units(town, rng, int(hospital), visits, mixture[1] * 0.7)
        _over_limit(town, rng, int(hospital), visits, mixture[2])


def _lines_of(town: Town, visits: pl.DataFrame) -> Flags:
    return town.base_lines["visit"].is_in(visits["visit"].implode()).to_numpy()


def _add(town: Town, rng: Generator, hospital: int, lines: pl.DataFrame) -> None:
    if len(lines) == 0:
        return
    end = lines.select("visit").join(town.base.select("visit", "end"), on="visit", maintain_order="left")["end"]
    at = np.minimum(lines["at"].to_numpy() + rng.integers(600, 5400, len(lines)), end.to_numpy())
    ids = town.deed("duplicate_charge", institution=np.full(len(lines), hospital))
    town.lines.append(lines.with_columns(at=pl.Series(at), plant=pl.Series(ids)).select(town.base_lines.columns))


def _included(town: Town, rng: Generator, hospital: int, visits: pl.DataFrame, chance: float) -> None:
    """Charge the included item the same day as the including one."""
    own = town.base_lines.filter(pl.Series(_lines_of(town, visits)))
    rows = own.join(town.cat.pairs, left_on="item", right_on="including_code", maintain_order="left_right")
    rows = rows.filter(pl.Series(rng.random(len(rows)) < chance))
    rows = rows.with_columns(
        item=pl.col("included_code"), cnt=pl.lit(1, dtype=pl.Int64), days=pl.lit(0, dtype=pl.Int64)
    )
    _add(
        town,
        rng,
        hospital,
        rows.drop("included_code").unique(["visit", "item"], keep="first", maintain_order=True),
    )


def _more_units(town: Town, rng: Generator, hospital: int, visits: pl.DataFrame, chance: float) -> None:
    """Charge some days of nursing, bed or ward round once more."""
    daily = [town.cat.role[r] for r in DAILY]
    own = town.base_lines.filter(pl.Series(_lines_of(town, visits)) & pl.col("item").is_in(daily))
    _add(town, rng, hospital, own.filter(pl.Series(rng.random(len(own)) < chance)))


def _over_limit(town: Town, rng: Generator, hospital: int, visits: pl.DataFrame, chance: float) -> None:
    """Raise the price of a few items above the limit during some months, without declaring the excess."""
    lines = town.base_lines
    item, cnt, at = (lines[c].to_numpy() for c in ("item", "cnt", "at"))
    limit = town.limit[hospital]
    mine = _lines_of(town, visits) & (limit[item] >= 2000) & (lines["plant"].to_numpy() == 0) & (cnt > 0)
    used = np.unique(item[mine])
    used = used[town.cat.column("class")[used] != "03"]
    if len(used) == 0:
        return
    spent = np.bincount(item[mine], weights=(limit[item] * cnt)[mine], minlength=len(limit))[used]
    dear = rng.choice(used, min(len(used), int(rng.integers(4, 9))), replace=False, p=spent / spent.sum())
    surcharge = np.ones(len(limit))
    surcharge[dear] += rng.uniform(0.06, 0.6, len(dear))
    start = rng.integers(0, town.days // 2)
    window = (at // DAY >= start) & (at // DAY < start + rng.integers(90, 250))
    rows = np.flatnonzero(mine & window & np.isin(item, dear) & (rng.random(len(item)) < 0.3 + 0.7 * min(1, chance)))
    if len(rows) == 0:
        return
    price, hidden, plants = (lines[c].to_numpy().copy() for c in ("price", "hidden", "plant"))
    price[rows] = np.rint(limit[item[rows]] * surcharge[item[rows]]).astype(np.int64)
    hidden[rows] = price[rows] - limit[item[rows]]
    plants[rows] = town.deed("duplicate_charge", institution=np.full(len(rows), hospital))
    town.base_lines = lines.with_columns(price=pl.Series(price), hidden=pl.Series(hidden), plant=pl.Series(plants))
