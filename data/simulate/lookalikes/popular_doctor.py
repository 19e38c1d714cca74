"""A popular practitioner: three mornings a week the waiting room is full, with people from everywhere."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from data.simulate.town.clock import DAY, weekdays
from data.simulate.town.town import Town

COMPLAINTS = ("M54.500", "K30.x00", "R53.x00", "M47.802", "M17.900")


def add(town: Town, rng: Generator) -> None:
    """One practitioner for every ten thousand persons, at a clinic or a hospital of Chinese medicine."""
    pool = town.where("tcm_clinic", "tcm_hospital", "community")
    age = town.person("age")
    fit = np.flatnonzero((age >= 22) & (town.person("death") < 0) & town.person("ordinary"))
    weight = town.person("use")[fit]
    for _ in range(max(1, len(age) // 10_000)):
        place = int(rng.choice(pool))
        doctor = int(rng.choice(np.flatnonzero(town.doctors["place"].to_numpy() == place)))
        days = np.flatnonzero(np.isin(weekdays(town.year), rng.choice(6, 3, replace=False)))
        days = days[rng.random(len(days)) < 0.9]
        a_day = rng.poisson(max(2.0, min(38.0, len(age) * 0.00045)), len(days))
        day = np.repeat(days, a_day)
        n = len(day)
        nth = np.arange(n) - np.repeat(np.cumsum(a_day) - a_day, a_day)
        person = rng.choice(fit, n, p=weight / weight.sum())
        diag = np.array([town.cat.diagnosis[c] for c in COMPLAINTS])[rng.integers(0, len(COMPLAINTS), n)]
        begin = day * DAY + 8 * 3600 + nth * 420 + rng.integers(0, 300, n)
        town.add_visits(
            person=person,
            place=place,
            doctor=doctor,
            dept=town.doctors["dept"].to_numpy()[doctor],
            diag=diag,
            begin=begin,
            end=begin + rng.integers(300, 1500, n),
            kit=town.cat.diagnoses["op_kit"].to_numpy()[diag],
            cert=rng.choice([1, 3], n),
        )
        town.confound("popular_doctor", "practitioner", [doctor])
        town.spare(place)
        town.confound("popular_doctor", "institution", [place])
