"""A new building: from one month on a hospital has more beds, more wards and twice the people."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from data.simulate.care.inpatient import lengths, stay_columns
from data.simulate.care.outpatient import draw_diagnosis, visit_columns
from data.simulate.town.clock import day_weights, draw_days
from data.simulate.town.town import Town


def add(town: Town, rng: Generator) -> None:
    """Open one new building, for every hundred thousand persons one more, between April and August."""
    pool = town.where("district_general", "private_general", "tcm_hospital")
    places = rng.choice(pool, min(len(pool), 1 + len(town.people) // 100_000), replace=False)
    adult = np.flatnonzero((town.person("age") >= 18) & town.person("ordinary") & (town.person("death") < 0))
    use = town.person("use")[adult]
    for place in places:
        opens = int(rng.integers(100, 230))
        local = np.where(town.person("division")[adult] == town.place("division")[place], 1.0, 0.15) * use
        size = max(8, round(len(town.people) * 0.0045))
        person = rng.choice(adult, size, p=local / local.sum())
        diag = draw_diagnosis(town, rng, person, "ip_weight")
        dept = town.cat.diagnoses["department"].to_numpy()[diag]
        day = opens + (rng.random(size) ** 0.8 * (town.days - opens)).astype(np.int64)
        length = lengths(town, rng, np.full(size, place), diag)
        kept = day + length < town.days
        columns = stay_columns(town, rng, person, np.full(size, place), dept, diag, day, length)
        town.add_visits(**{name: values[kept] for name, values in columns.items()})
        _counter(town, rng, int(place), opens, adult, local / local.sum())
    town.spare(places)
    town.confound("new_building", "institution", places)


def _counter(town: Town, rng: Generator, place: int, opens: int, adult: np.ndarray, chance: np.ndarray) -> None:
    """The out-patient department grows as well."""
    n = max(20, round(len(town.people) * 0.018))
    person = rng.choice(adult, n, p=chance)
    diag = draw_diagnosis(town, rng, person, "op_weight")
    dept = town.cat.diagnoses["department"].to_numpy()[diag]
    day = np.maximum(opens, draw_days(rng, day_weights(town.year, weekend=0.55, winter=1.1, festival=0.4), n))
    day = np.where(day == opens, rng.integers(opens, town.days, n), day)
    town.add_visits(**visit_columns(town, rng, person, np.full(n, place), dept, diag, day, (600, 5400)))
