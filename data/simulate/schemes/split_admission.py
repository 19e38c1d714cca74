"""Split admission: hospitals discharge a person and admit the same person for the same disease days later.

Imitates hospitals that escape a cap a stay. The planted lines are those of the further stays. Camouflage:
another bed and hour, ordinary treatment, sometimes another practitioner, gaps that differ, only some of the
hospital's stays.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.care.charge import is_stay, stay_lines
from data.simulate.care.inpatient import stay_columns
from data.simulate.town.clock import DAY
from data.simulate.town.town import Town

SUBJECTS = ("institution", "practitioner")
USUAL_BILL = 180_000
POOL = ("private_general", "private_small", "tcm_hospital", "township", "district_general", "community")
GAPS = (0.3, 0.3, 0.22, 0.18)


def plant(town: Town, rng: Generator, dose: float) -> None:
    """Add further stays at a few of the hospitals in the pool."""
    stays = town.base.filter(
        is_stay() & (pl.col("oprn") < 0) & (pl.col("way") != 5) & (pl.col("fixed") == 0) & (pl.col("refund") == 0)
    )
    pool = town.where(*POOL)
    busy = pool[np.bincount(stays["place"].to_numpy(), minlength=len(town.places))[pool] >= 5]
    turnover = town.turnover()
    for hospital in town.pick(rng, busy, deeds.quota(town)):
        own = stays.filter(pl.col("place") == hospital)
        wanted = turnover[hospital] * rng.uniform(0.06, 0.28) * dose / USUAL_BILL
        count = min(max(3, round(wanted)), max(3, round(len(own) * 0.6)))
        first = own[np.sort(rng.choice(len(own), min(count, len(own)), replace=False))]
        second = _again(town, rng, first)
        if len(second):
            _again(town, rng, second.filter(pl.Series(rng.random(len(second)) < 0.2)))


def _again(town: Town, rng: Generator, before: pl.DataFrame) -> pl.DataFrame:
    """One further stay after each of these, where the person is free; returns the stays added."""
    n = len(before)
    gap, length = rng.choice(4, n, p=GAPS), rng.integers(3, 9, n)
    day = before["end"].to_numpy() // DAY + gap
    person = before["person"].to_numpy()
    fits = (day + length < town.days - 1) & (
        (town.person("death")[person] < 0) | (town.person("death")[person] > day + 9)
    )
    before, day, length = before.filter(pl.Series(fits)), day[fits], length[fits]
    before, day, length = _free(town, before, day, length)
    if len(before) == 0:
        return before
    person, place, dept, diag = (before[c].to_numpy() for c in ("person", "place", "dept", "diag"))
    columns = stay_columns(town, rng, person, place, dept, diag, day, length)
    same = rng.random(len(before)) < 0.75
    columns |= {
        "begin": np.maximum(columns["begin"], before["end"].to_numpy() + rng.integers(1800, 9000, len(before))),
        "doctor": np.where(same, before["doctor"].to_numpy(), columns["doctor"]),
        "oprn": np.full(len(before), -1),
        "diag2": before["diag2"].to_numpy(),
    }
    visits = town.add_visits(**columns)
    ids = town.deed("split_admission", institution=place, practitioner=columns["doctor"])
    lines = stay_lines(town, rng, visits).join(
        pl.DataFrame({"visit": visits["visit"], "deed": ids}), on="visit", maintain_order="left"
    )
    town.lines.append(lines.with_columns(plant="deed").drop("deed"))
    return visits


def _free(
    town: Town,
    before: pl.DataFrame,
    day: np.ndarray,
    length: np.ndarray,
) -> tuple[pl.DataFrame, np.ndarray, np.ndarray]:
    """Leave out persons whose own next stay would overlap."""
    own = town.base.filter(is_stay()).select("person", other_begin="begin", other_end="end")
    wanted = before.select("person", "visit").with_columns(
        begin=pl.Series(day * DAY), until=pl.Series((day + length + 1) * DAY)
    )
    hit = wanted.join(own, on="person").filter(
        (pl.col("other_begin") < pl.col("until")) & (pl.col("other_end") > pl.col("begin") + DAY)
    )
    free = ~before["visit"].is_in(hit["visit"].implode())
    return before.filter(free), day[free.to_numpy()], length[free.to_numpy()]
