"""Psychiatric bed-day stays: months long, few activities, settled monthly, paid by the day (clr_way 5)."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate.care.inpatient import stay_columns
from data.simulate.town.town import Town


def add(town: Town, rng: Generator) -> None:
    """Admit a small share of the adults to the psychiatric hospitals for two to eleven months."""
    age = town.person("age")
    free = np.flatnonzero((age >= 20) & (age < 78) & town.person("ordinary") & (town.person("death") < 0))
    person = rng.choice(free, max(4, round(len(age) * 0.0012)), replace=False)
    n = len(person)
    place = rng.choice(town.where("psychiatric", "private_psychiatric"), n)
    length = rng.integers(55, 330, n)
    day = (rng.random(n) * (town.days - length - 1)).astype(np.int64)
    dept = np.full(n, town.cat.department["A15"])
    columns = stay_columns(town, rng, person, place, dept, np.full(n, town.cat.diagnosis["F20.900"]), day, length)
    columns |= {"clearing": np.full(n, 5), "diag2": np.full(n, -1), "oprn": np.full(n, -1)}
    town.add_visits(**columns, fixed=1, interim=1)
    town.people = town.people.with_columns(
        ordinary=pl.col("ordinary") & ~pl.Series(np.isin(np.arange(len(age)), person))
    )
    town.confound("psychiatric", "person", person)
    town.confound("psychiatric", "institution", place)
