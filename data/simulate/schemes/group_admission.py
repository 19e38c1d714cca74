"""Group admission: a village or a firm is admitted together.

Imitates hospitals that pay an agent for every head: a coach goes to one village or works yard and a dozen people
lie down the same days. Camouflage: ordinary treatment, several diagnoses and wards, admissions over two or three
days, a few strangers to the group between them.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.care.charge import stay_lines
from data.simulate.town.catalogue import Ints
from data.simulate.town.town import Town

SUBJECTS = ("institution", "practitioner")
POOL = ("private_general", "private_small", "rehabilitation", "township", "district_general")
DIAGNOSES = ("I25.103", "M54.500", "K29.500", "R42.x00", "J20.900", "M47.802", "I10.x00")
COACH = 9


def plant(town: Town, rng: Generator, dose: float) -> None:
    """Send coaches to a few hospitals."""
    pool = deeds.busy(town, POOL, stays=8)
    for hospital in town.pick(rng, pool, deeds.quota(town)):
        limit = deeds.budget(town, rng, int(hospital), 0.08, 0.26, dose)
        coaches = int(limit // 900_000 + 2)
        person, day = [], []
        for _ in range(coaches):
            own = _unit(town, rng, int(hospital))
            own = rng.choice(own, min(len(own), int(rng.integers(7, 17))), replace=False)
            person.append(own)
            day.append(rng.integers(3, town.days - 25) + rng.integers(0, 3, len(own)))
        who, when = np.concatenate(person), np.concatenate(day)
        n = len(who)
        length = np.maximum(3, rng.integers(5, 9) + np.rint(rng.normal(0, 1.2, n))).astype(np.int64)
        diag = deeds.diagnoses(town, DIAGNOSES)[rng.integers(0, len(DIAGNOSES), n)]
        visits = deeds.stays(town, rng, int(hospital), who, when, length, diag)
        lines = stay_lines(town, rng, visits)
        kept = deeds.within(town, visits, lines, limit, least=COACH)
        deeds.plant(town, "group_admission", kept, lines, "institution", "practitioner")


def _unit(town: Town, rng: Generator, hospital: int) -> Ints:
    """The grown-up members of one village or firm of the hospital's division, of a size for a coach."""
    age = town.person("age")
    near = town.person("division") == town.place("division")[hospital]
    fit = np.flatnonzero(near & (age >= 40) & (age < 82) & (town.person("death") < 0) & town.person("ordinary"))
    unit, size = np.unique(town.person("employer")[fit], return_counts=True)
    large = unit[size >= min(COACH, size.max())]
    members: Ints = fit[town.person("employer")[fit] == rng.choice(large)]
    return members
