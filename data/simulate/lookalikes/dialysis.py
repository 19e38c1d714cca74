"""Dialysis: the same persons on the same shift three times a week, all year, at one centre."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from data.simulate.care.chronic import prescribe, register
from data.simulate.town.clock import DAY, weekdays
from data.simulate.town.town import CHRONIC, Town


def add(town: Town, rng: Generator) -> None:
    """Put about one adult in a thousand on dialysis."""
    age = town.person("age")
    free = np.flatnonzero((age >= 30) & (age < 82) & town.person("ordinary") & (town.person("death") < 0))
    person = rng.choice(free, max(3, round(len(age) * 0.0009)), replace=False)
    centres = np.concatenate([town.where("dialysis_centre"), town.where("city_general", "district_general")[:2]])
    n = len(person)
    place = rng.choice(centres, n)
    early, odd = rng.random(n) < 0.6, rng.random(n) < 0.55
    chronic = town.cat.chronic["code"].to_list().index("M07801")
    number = register(town, rng, person, np.full(n, chronic))
    prescribe(town, rng, person, number, np.full(n, chronic), place)
    week = weekdays(town.year)
    due = np.where(odd[:, None], np.isin(week, [0, 2, 4])[None, :], np.isin(week, [1, 3, 5])[None, :])
    due &= rng.random(due.shape) < 0.975
    row, day = np.nonzero(due)
    begin = day * DAY + np.where(early[row], 7.4, 12.6) * 3600 + rng.normal(0, 900, len(row))
    kits = town.cat.kits_like("dialysis_")
    dept = np.full(len(row), town.cat.department["A03.07"])
    own = town.choose_doctor(rng, place, dept[:n])
    town.add_visits(
        person=person[row],
        place=place[row],
        doctor=own[row],
        dept=dept,
        diag=town.cat.diagnosis["N18.501"],
        kind=CHRONIC,
        begin=begin.astype(np.int64),
        end=(begin + rng.normal(4.3, 0.15, len(row)) * 3600).astype(int),
        chronic=chronic,
        kit=kits[rng.choice(3, len(row), p=[0.85, 0.09, 0.06])],
        consult=0,
        fixed=1,
        cert=3,
    )
    town.confound("dialysis", "person", person)
    town.confound("dialysis", "institution", centres)
