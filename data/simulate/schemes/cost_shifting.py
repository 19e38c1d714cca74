"""Cost shifting: tests, drugs and treatment of a stay are billed as out-patient visits around it.

Imitates hospitals with a cap or a case price that send people to the out-patient counter for part of the stay:
the day before, the day after leaving, or between. Camouflage: only some stays, only part of their lines, ordinary
hours, sometimes honest preparation for an operation.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.care.charge import is_stay
from data.simulate.town.clock import DAY
from data.simulate.town.town import OUTPATIENT, Town

SUBJECTS = ("institution",)
POOL = ("district_general", "private_general", "tcm_hospital", "private_small", "township")
MOVED = ("03", "04", "05", "08", "09", "11")


def plant(town: Town, rng: Generator, dose: float) -> None:
    """Move lines out of the stays of a few hospitals."""
    stays = town.base.filter(is_stay() & (pl.col("fixed") == 0) & (pl.col("refund") == 0) & (pl.col("way") != 5))
    pool = deeds.busy(town, POOL, stays=10)
    for hospital in town.pick(rng, pool, deeds.quota(town)):
        own = stays.filter((pl.col("place") == hospital) & (pl.col("end") - pl.col("begin") > 3 * DAY))
        limit = deeds.budget(town, rng, int(hospital), 0.05, 0.18, dose)
        rows = deeds.base_rows(town, own)
        rows = rows[deeds.category(town, town.base_lines[rows]).is_in(MOVED).to_numpy()]
        rows = rows[rng.random(len(rows)) < 0.7]
        cost = pl.DataFrame(
            {"visit": town.base_lines["visit"].to_numpy()[rows], "cost": deeds.base_cents(town, int(hospital), rows)}
        )
        each = own[rng.permutation(len(own))].join(
            cost.group_by("visit").agg(pl.col("cost").sum()), on="visit", maintain_order="left"
        )
        chosen = each.filter((pl.col("cost").cum_sum() <= limit) | (pl.int_range(pl.len()) == 0)).drop("cost")
        if len(chosen):
            _move(town, rng, chosen.sort("visit"), rows)


def _move(town: Town, rng: Generator, stays: pl.DataFrame, rows: np.ndarray) -> None:
    """Give each stay one out-patient visit with the rows of the base lines that were its own."""
    n = len(stays)
    begin, end = (stays[c].to_numpy() for c in ("begin", "end"))
    before = begin - rng.integers(3600, 30 * 3600, n)
    length = np.maximum(1, end // DAY - begin // DAY)
    between = (begin // DAY + 1 + (rng.random(n) * (length - 1)).astype(np.int64)) * DAY + rng.integers(
        30_000, 60_000, n
    )
    after = end + rng.integers(3600, 30 * 3600, n)
    when = np.choose(rng.choice(3, n, p=[0.45, 0.35, 0.2]), [before, between, after])
    when = np.clip(when, 0, town.days * DAY - 7200)
    shared = {c: stays[c].to_numpy() for c in ("person", "place", "doctor", "dept", "diag", "cert")}
    visits = town.add_visits(**shared, kind=OUTPATIENT, begin=when, end=when + rng.integers(600, 5400, n))
    ids = town.deed("cost_shifting", institution=visits["place"].to_numpy())
    known = stays["visit"].to_numpy()
    source = town.base_lines["visit"].to_numpy()[rows]
    rows = rows[np.isin(source, known)]
    of = np.searchsorted(known, town.base_lines["visit"].to_numpy()[rows])
    moment = when[of] + rng.integers(60, 540, len(rows))
    deeds.mark(town, rows, ids[of], visit=visits["visit"].to_numpy()[of], at=moment)
