"""An employer's yearly check-up: the staff of a firm is examined at one hospital within a few days."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from data.simulate.town.clock import DAY, weekdays
from data.simulate.town.town import Town


def add(town: Town, rng: Generator) -> None:
    """Examine the larger employers, one for every six thousand persons, on two to four working days."""
    staff = np.flatnonzero((town.person("insutype") == 310) & (town.person("age") < 60) & (town.person("death") < 0))
    firm, size = np.unique(town.person("employer")[staff], return_counts=True)
    large = firm[np.argsort(-size, kind="stable")][: max(2, len(town.people) // 1500)]
    pool = town.where("district_general", "private_general", "city_general", "community")
    for one in rng.choice(large, max(1, len(town.people) // 6000), replace=False):
        person = staff[town.person("employer")[staff] == one]
        person = person[rng.random(len(person)) < 0.85]
        n = len(person)
        if n == 0:
            continue
        place = int(rng.choice(pool))
        working = np.flatnonzero(weekdays(town.year) < 5)
        first = int(rng.integers(60, len(working) - 30))
        day = working[first : first + int(rng.integers(2, 5))][rng.integers(0, 2, n)]
        where, dept = np.full(n, place), np.full(n, town.cat.department["A02"])
        doctor = np.full(n, town.choose_doctor(rng, where[:1], dept[:1])[0])
        begin = day * DAY + 8 * 3600 + rng.permutation(n) * 150 + rng.integers(0, 120, n)
        town.add_visits(
            person=person,
            place=where,
            doctor=doctor,
            dept=town.doctors["dept"].to_numpy()[doctor],
            diag=town.cat.diagnosis["Z00.000"],
            begin=begin,
            end=begin + rng.integers(2400, 7200, n),
            kit=town.cat.kit("checkup"),
            cert=3,
        )
        town.confound("employer_checkup", "institution", [place])
        town.confound("employer_checkup", "practitioner", doctor[:1])
        town.confound("employer_checkup", "person", person)
