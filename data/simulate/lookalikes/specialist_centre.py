"""A specialist centre: a private hospital whose surgeon draws the heavy, costly cases of the whole area."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from data.simulate.care.inpatient import lengths, stay_columns
from data.simulate.town.clock import day_weights, draw_days
from data.simulate.town.town import Town

CASES = ("S72.000", "M51.202", "S82.200", "I20.000", "C18.900", "K80.100")


def add(town: Town, rng: Generator) -> None:
    """Send about one elder in a hundred and fifty to one private hospital to be operated."""
    place = int(rng.choice(town.where("private_general")))
    age = town.person("age")
    free = np.flatnonzero((age >= 62) & (age < 86) & town.person("ordinary") & (town.person("death") < 0))
    person = rng.choice(free, max(6, len(free) // 150), replace=False)
    n = len(person)
    main = rng.choice(len(CASES), 2, replace=False)
    pick = np.where(rng.random(n) < 0.8, main[rng.integers(0, 2, n)], rng.integers(0, len(CASES), n))
    diag = np.array([town.cat.diagnosis[code] for code in CASES])[pick]
    diag = np.where(town.person("sex")[person] == 0, diag[0], diag)
    dept = town.cat.diagnoses["department"].to_numpy()[diag]
    where = np.full(n, place)
    length = lengths(town, rng, where, diag)
    day = draw_days(rng, day_weights(town.year, weekend=0.5, winter=1.1, festival=0.3), n)
    day = np.minimum(day, town.days - length - 2)
    columns = stay_columns(town, rng, person, where, dept, diag, day, length)
    columns["oprn"] = np.where(rng.random(n) < 0.9, diag, -1)
    town.add_visits(**columns, fixed=1)
    town.spare(place)
    town.confound("specialist_centre", "institution", [place])
