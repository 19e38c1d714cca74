"""Upcoding: the main diagnosis is coded heavier than the illness, or a grave complication is added.

Imitates hospitals paid by the case whose coders turn bronchitis into pneumonia and find respiratory failure on the
second line. The treatment stays what it was. Camouflage: a part of the stays, several codes, some coders more than
others, some real complications between them.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.care.charge import is_stay
from data.simulate.town.town import Town

SUBJECTS = ("institution",)
POOL = ("district_general", "private_general", "tcm_hospital", "private_small", "township")
HEAVIER = {
    "J20.900": "J18.900", "J06.900": "J18.900", "I25.103": "I20.000", "R42.x00": "G45.900", "E11.900": "E11.400",
    "K29.500": "K92.200", "N39.000": "N18.901", "I10.x00": "I50.900", "J18.900": "A41.900", "M54.500": "M51.202",
}  # fmt: skip
GRAVE = ("J96.900", "N17.900", "I50.900", "E87.600", "D64.900", "A41.900")


def plant(town: Town, rng: Generator, dose: float) -> None:
    """Recode a part of the stays of a few hospitals."""
    stays = town.base.filter(is_stay() & (pl.col("fixed") == 0) & (pl.col("refund") == 0))
    pool = deeds.busy(town, POOL, stays=10)
    for hospital in town.pick(rng, pool, deeds.quota(town)):
        own = stays.filter(pl.col("place") == hospital)
        limit = deeds.budget(town, rng, int(hospital), 0.10, 0.28, dose)
        lines = town.base_lines.filter(pl.col("visit").is_in(own["visit"].implode()) & (pl.col("plant") == 0))
        kept = deeds.within(town, own[rng.permutation(len(own))], lines, limit)
        _recode(town, rng, kept.sort("visit"))


def _recode(town: Town, rng: Generator, stays: pl.DataFrame) -> None:
    visit, diag, second = (stays[c].to_numpy() for c in ("visit", "diag", "diag2"))
    heavier = np.arange(len(town.cat.diagnoses))
    for light, heavy in HEAVIER.items():
        heavier[town.cat.diagnosis[light]] = town.cat.diagnosis[heavy]
    up = rng.random(len(visit)) < 0.6
    new = np.where(up, heavier[diag], diag)
    grave = deeds.diagnoses(town, rng.choice(GRAVE, 3, replace=False).tolist())[rng.integers(0, 3, len(visit))]
    added = (new == diag) | (rng.random(len(visit)) < 0.45)
    other = np.where(added & (grave != new), grave, second)
    row = np.searchsorted(town.base["visit"].to_numpy(), visit)
    changed = {"diag": new, "diag2": other}
    for name, values in changed.items():
        column = town.base[name].to_numpy().copy()
        column[row] = values
        town.base = town.base.with_columns(pl.Series(name, column))
    ids = town.deed("upcoding", institution=stays["place"].to_numpy())
    rows = deeds.base_rows(town, stays)
    of = np.searchsorted(visit, town.base_lines["visit"].to_numpy()[rows])
    deeds.mark(town, rows, ids[of])
