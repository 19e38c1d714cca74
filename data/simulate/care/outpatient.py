"""Out-patient and emergency visits: heavy-tailed use, diagnoses by age and sex, winter peaks."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from data.simulate.town.catalogue import Floats, Ints
from data.simulate.town.clock import day_weights, draw_days
from data.simulate.town.town import EMERGENCY, OUTPATIENT, PRENATAL, Town

A_YEAR = 0.88


def draw_diagnosis(town: Town, rng: Generator, person: Ints, column: str) -> Ints:
    """A diagnosis for each person by weight, within the sex and age at which it occurs."""
    diagnoses = town.cat.diagnoses
    sex, low, high = (diagnoses[c].to_numpy() for c in ("sex", "age_from", "age_to"))
    ages = np.arange(100)
    fits = (ages[:, None] >= low) & (ages[:, None] <= high)
    # Rare at the edge of the ages at which a disease occurs, and never far outside.
    weight = diagnoses[column].to_numpy() * fits * np.where(ages[:, None] - low < 5, 0.5, 1.0)
    table = np.stack([weight * ((sex == 0) | (sex == s)) for s in (1, 2)])
    chance: Floats = np.cumsum(table, axis=2)
    chance /= np.maximum(chance[:, :, -1:], 1e-12)
    rows = chance[town.person("sex")[person] - 1, np.minimum(99, town.person("age")[person])]
    drawn: Ints = (rows < rng.random(len(person))[:, None]).sum(axis=1)
    return np.minimum(drawn, len(sex) - 1)


def visit_columns(
    town: Town, rng: Generator, person: Ints, place: Ints, dept: Ints, diag: Ints, day: Ints, length: tuple[int, int]
) -> dict[str, Ints]:
    """The columns of ordinary visits on these days, each of so many seconds."""
    n = len(person)
    begin = town.at(rng, place, day)
    return {
        "person": person,
        "place": place,
        "doctor": town.choose_doctor(rng, place, dept),
        "dept": dept,
        "diag": diag,
        "begin": begin,
        "end": begin + rng.integers(*length, n),
        "kit": town.cat.diagnoses["op_kit"].to_numpy()[diag],
        "cert": rng.choice([1, 2, 3], n, p=[0.5, 0.08, 0.42]),
    }


def add(town: Town, rng: Generator) -> None:
    """Add a year of out-patient visits."""
    count = rng.poisson(A_YEAR * town.person("use"))
    person = np.repeat(np.arange(len(count)), np.minimum(count, 60))
    diag = draw_diagnosis(town, rng, person, "op_weight")
    table = town.cat.diagnoses
    winter = table["is_winter"].to_numpy()[diag] == 1
    n = len(person)
    day = np.where(
        winter,
        draw_days(rng, day_weights(town.year, weekend=0.62, winter=1.9, festival=0.45), n),
        draw_days(rng, day_weights(town.year, weekend=0.55, winter=1.05, festival=0.35), n),
    )
    dept = table["department"].to_numpy()[diag]
    minor = (table["is_minor"].to_numpy()[diag] == 1) & (rng.random(n) < 0.55)
    dept = np.where(minor, town.cat.department["A02"], dept)
    place = town.choose_place(rng, person, dept, "outpatient")
    begin = town.at(rng, place, day)
    urgent = (dept == town.cat.department["A20"]) & (rng.random(n) < 0.9)
    begin = np.where(urgent, day * 86_400 + rng.integers(0, 86_400, n), begin)
    prenatal = diag == town.cat.diagnosis["Z34.900"]
    town.add_visits(
        person=person,
        place=place,
        doctor=town.choose_doctor(rng, place, dept),
        dept=dept,
        diag=diag,
        kind=np.select([urgent, prenatal], [EMERGENCY, PRENATAL], OUTPATIENT),
        begin=begin,
        end=begin + rng.integers(6 * 60, 80 * 60, n),
        kit=table["op_kit"].to_numpy()[diag],
        cert=rng.choice([1, 2, 3], n, p=[0.5, 0.08, 0.42]),
    )
