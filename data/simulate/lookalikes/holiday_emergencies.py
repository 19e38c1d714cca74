"""Holiday emergencies: burns, falls and heart attacks of the festival week and of week-ends, short stays after."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from data.simulate.care.inpatient import stay_columns
from data.simulate.town.clock import DAY, SPRING_FESTIVAL, weekdays
from data.simulate.town.town import EMERGENCY, Town

HURT = ("T14.100", "S93.400", "R07.400", "R10.402")
KEPT_IN = ("S52.500", "R07.400", "K52.900", "T14.100")


def add(town: Town, rng: Generator) -> None:
    """About one person in eighty comes at night, on a week-end or in the festival week."""
    month, first = SPRING_FESTIVAL.get(town.year, (2, 5))
    festival = (month - 1) * 31 + first - 1
    resting = np.flatnonzero(weekdays(town.year) >= 5)
    free = np.flatnonzero((town.person("age") >= 12) & town.person("ordinary") & (town.person("death") < 0))
    person = rng.choice(free, max(10, len(town.people) // 80), replace=False)
    n = len(person)
    day = np.where(rng.random(n) < 0.45, festival + rng.integers(0, 8, n), rng.choice(resting, n))
    day = np.minimum(day, town.days - 4)
    place = rng.choice(town.where("city_general", "district_general"), n)
    dept = np.full(n, town.cat.department["A20"])
    begin = day * DAY + rng.integers(0, DAY, n)
    diag = np.array([town.cat.diagnosis[c] for c in HURT])[rng.integers(0, len(HURT), n)]
    town.add_visits(
        person=person,
        place=place,
        doctor=town.choose_doctor(rng, place, dept),
        dept=dept,
        diag=diag,
        kind=EMERGENCY,
        begin=begin,
        end=begin + rng.integers(1800, 9000, n),
        kit=town.cat.kit("emergency"),
        cert=rng.choice([1, 3], n),
    )
    kept = rng.random(n) < 0.18
    who, where = person[kept], place[kept]
    ill = np.array([town.cat.diagnosis[c] for c in KEPT_IN])[rng.integers(0, len(KEPT_IN), len(who))]
    ward = town.cat.diagnoses["department"].to_numpy()[ill]
    columns = stay_columns(town, rng, who, where, ward, ill, day[kept], rng.integers(1, 3, len(who)))
    columns["begin"] = begin[kept] + 9000
    columns["end"] = np.maximum(columns["end"], columns["begin"] + 10 * 3600)
    town.add_visits(**columns, fixed=1)
    town.confound("holiday_emergency", "institution", place)
    town.confound("holiday_emergency", "person", who)
