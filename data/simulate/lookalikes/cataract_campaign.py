"""A cataract campaign: the eye hospital fetches the old of one village by coach and operates them within two days."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from data.simulate.care.inpatient import stay_columns
from data.simulate.town.people import VILLAGE
from data.simulate.town.town import Town


def add(town: Town, rng: Generator) -> None:
    """One campaign for every eight thousand persons, each in a village of its own."""
    cataract = town.cat.diagnosis["H25.900"]
    fit = (town.person("age") >= 62) & town.person("ordinary") & (town.person("death") < 0)
    unit = town.person("employer")
    village, size = np.unique(unit[fit & (unit >= VILLAGE)], return_counts=True)
    large = village[np.argsort(-size, kind="stable")][: max(2, len(village) // 2)]
    places = rng.choice(town.where("eye_hospital"), 1 + len(town.people) // 8000)
    for place in places:
        own = np.flatnonzero(fit & (unit == rng.choice(large)))
        person = rng.choice(own, min(len(own), int(rng.integers(7, 16))), replace=False)
        n = len(person)
        day = rng.integers(40, town.days - 20) + rng.integers(0, 2, n)
        where, dept = np.full(n, place), np.full(n, town.cat.department["A10"])
        diag, length = np.full(n, cataract), rng.choice([2, 3], n)
        columns = stay_columns(town, rng, person, where, dept, diag, day, length)
        town.add_visits(**(columns | {"oprn": diag}), fixed=1)
        town.confound("cataract_campaign", "person", person)
    town.spare(places)
    town.confound("cataract_campaign", "institution", places)
