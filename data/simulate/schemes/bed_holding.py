"""Bed-holding stays: the person is booked in for weeks, comes for a session now and then, and lives at home.

Imitates rehabilitation wards and small hospitals whose beds are kept in the name of people who work, shop and see
other doctors meanwhile. Camouflage: real treatment on the first days and on others, lengths that vary, everyday
diagnoses, only some of the hospital's stays.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.care.charge import is_stay, stay_lines
from data.simulate.town.clock import DAY
from data.simulate.town.town import Town

SUBJECTS = ("institution", "practitioner", "person")
POOL = ("rehabilitation", "tcm_hospital", "private_small", "private_general", "township", "community")
DIAGNOSES = ("M54.500", "M51.202", "M17.900", "I69.300", "M47.802", "I25.103")
HOTEL = ("01", "02", "07")


def plant(town: Town, rng: Generator, dose: float) -> None:
    """Keep beds in the names of persons who are out and about."""
    pool = deeds.busy(town, POOL, stays=5)
    for hospital in town.pick(rng, pool, deeds.quota(town)):
        limit = deeds.budget(town, rng, int(hospital), 0.07, 0.24, dose)
        out = _out_and_about(town, rng, int(hospital), limit // 120_000 + 8)
        n = len(out)
        length = rng.integers(8, 22, n)
        seen = out["begin"].to_numpy() // DAY
        day = np.clip(seen - 1 - (rng.random(n) * (length - 2)).astype(np.int64), 0, town.days - 24)
        diag = deeds.diagnoses(town, DIAGNOSES)[rng.integers(0, len(DIAGNOSES), n)]
        person = out["person"].to_numpy()
        visits = deeds.stays(town, rng, int(hospital), person, day, length, diag, absent=1)
        lines = stay_lines(town, rng, visits)
        lines = lines.filter(deeds.category(town, lines).is_in(HOTEL) | _came(rng, visits, lines))
        kept = deeds.within(town, visits, lines, limit)
        deeds.plant(town, "bed_holding", kept, lines, "institution", "practitioner", "person")


def _out_and_about(town: Town, rng: Generator, hospital: int, count: int) -> pl.DataFrame:
    """One honest visit elsewhere of each of so many persons who live near the hospital."""
    age = town.person("age")
    fit = (age >= 30) & (age < 80) & (town.person("death") < 0) & town.person("ordinary")
    fit &= town.person("division") == town.place("division")[hospital]
    visits = town.base.filter(~is_stay() & (pl.col("place") != hospital))
    visits = visits.filter(pl.Series(fit[visits["person"].to_numpy()]))
    order = visits[rng.permutation(len(visits))].unique("person", keep="first", maintain_order=True)
    return order.head(count)


def _came(rng: Generator, visits: pl.DataFrame, lines: pl.DataFrame) -> pl.Series:
    """Whether the person came on the line's day: on the first two, and on less than half of the others."""
    rows = lines.join(visits.select("visit", "begin"), on="visit", maintain_order="left")
    nth = (rows["at"] // DAY - rows["begin"] // DAY).to_numpy()
    number = rows["visit"].to_numpy()
    first = int(number.min()) if len(number) else 0
    came = rng.random((int(number.max()) - first + 1 if len(number) else 1, 64)) < 0.42
    return pl.Series((nth < 2) | came[number - first, np.minimum(nth, 63)])
