"""Chemotherapy: short stays for the same disease every three weeks."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate.care.inpatient import stay_columns
from data.simulate.town.town import Town

TUMOURS = ("C34.900", "C16.900", "C18.900", "C50.900")


def add(town: Town, rng: Generator) -> None:
    """Give about one older person in five hundred a course of four to eight cycles."""
    age, sex = town.person("age"), town.person("sex")
    free = np.flatnonzero((age >= 42) & (age < 80) & town.person("ordinary") & (town.person("death") < 0))
    person = rng.choice(free, max(3, round(len(age) * 0.0016)), replace=False)
    tumour = rng.integers(0, 4, len(person))
    tumour = np.where((tumour == 3) & (sex[person] == 1), 0, tumour)
    places = town.where("oncology", "city_general")
    cycles = rng.integers(4, 9, len(person))
    source = np.repeat(np.arange(len(person)), cycles)
    nth = np.arange(len(source)) - np.repeat(np.cumsum(cycles) - cycles, cycles)
    day = rng.integers(0, 260, len(person))[source] + nth * 21 + rng.integers(-1, 3, len(source))
    length = rng.choice([2, 3, 4], len(source), p=[0.45, 0.4, 0.15])
    kept = (day >= 0) & (day + length < town.days)
    source, day, length = source[kept], day[kept], length[kept]
    place = rng.choice(places, len(person))[source]
    dept = np.full(len(source), town.cat.department["A19"])
    diag = np.full(len(source), town.cat.diagnosis["Z51.102"])
    columns = stay_columns(town, rng, person[source], place, dept, diag, day, length)
    columns["diag2"] = np.array([town.cat.diagnosis[c] for c in TUMOURS])[tumour[source]]
    town.add_visits(**columns, fixed=1)
    town.people = town.people.with_columns(
        ordinary=pl.col("ordinary") & ~pl.Series(np.isin(np.arange(len(age)), person))
    )
    town.confound("chemotherapy", "person", person)
