"""Hospital stays: by age, frailty and diagnosis, with length by hospital habit, some with an operation."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate.care.outpatient import draw_diagnosis
from data.simulate.town.catalogue import Ints
from data.simulate.town.clock import DAY, day_weights, draw_days
from data.simulate.town.town import BIRTH, STAY, Town

A_YEAR = 0.145
BIRTHS = ("O80.000", "O82.000")
COMMON_WITH = ("I10.x00", "E11.900", "I25.103", "K29.500", "M81.900", "I69.300")


def lengths(town: Town, rng: Generator, place: Ints, diag: Ints) -> Ints:
    """Days in hospital: gamma around the diagnosis's usual length, some hospitals longer than others."""
    usual = np.maximum(3, town.cat.diagnoses["los"].to_numpy()[diag])
    habit = np.where(town.place("ownership") == "2", 1.08, 1.0) * town.place("zeal") ** 0.5
    days: Ints = np.rint(usual * habit[place] * rng.gamma(6.0, 1 / 6.0, len(diag))).astype(np.int64)
    return np.maximum(1, days)


def operations(town: Town, rng: Generator, diag: Ints) -> Ints:
    """The diagnosis whose operation is done, or -1."""
    table = town.cat.operations.group_by("diag").agg(pl.col("chance").first()).sort("diag")
    chance = np.zeros(len(town.cat.diagnoses))
    chance[table["diag"].to_numpy()] = table["chance"].to_numpy()
    return np.where(rng.random(len(diag)) < chance[diag], diag, -1)


def second_diagnosis(town: Town, rng: Generator, person: Ints, diag: Ints) -> Ints:
    """An accompanying disease of older persons, or -1."""
    pool = np.array([town.cat.diagnosis[code] for code in COMMON_WITH])
    other = pool[(rng.random(len(person)) ** 1.5 * len(pool)).astype(int)]
    has = (rng.random(len(person)) < np.clip((town.person("age")[person] - 35) / 50, 0, 0.8)) & (other != diag)
    female_only = town.cat.diagnoses["sex"].to_numpy()[other] == 2
    return np.where(has & (~female_only | (town.person("sex")[person] == 2)), other, -1)


def stay_columns(
    town: Town, rng: Generator, person: Ints, place: Ints, dept: Ints, diag: Ints, day: Ints, length: Ints
) -> dict[str, Ints]:
    """The columns of ordinary stays that begin on `day` and last `length` days."""
    n = len(person)
    begin = day * DAY + rng.integers(8 * 3600, 17 * 3600, n)
    end = (day + length) * DAY + rng.integers(9 * 3600, 16 * 3600, n)
    birth = np.isin(diag, [town.cat.diagnosis[c] for c in BIRTHS])
    return {
        "person": person,
        "place": place,
        "dept": dept,
        "diag": diag,
        "begin": begin,
        "end": end,
        "doctor": town.choose_doctor(rng, place, dept),
        "diag2": second_diagnosis(town, rng, person, diag),
        "kind": np.where(birth, BIRTH, STAY),
        "kit": town.cat.diagnoses["ip_kit"].to_numpy()[diag],
        "oprn": operations(town, rng, diag),
        "way": rng.choice([1, 2, 3, 4], n, p=[0.8, 0.05, 0.07, 0.08]),
        "clearing": np.where((town.place("level")[place] >= 2) & (town.place("level")[place] <= 3), 4, 1),
        "consult": np.zeros(n, dtype=np.int64),
        "cert": rng.choice([1, 2, 3], n, p=[0.3, 0.2, 0.5]),
    }


def add(town: Town, rng: Generator) -> None:
    """Add a year of stays of persons who are not in a special cohort."""
    frail = A_YEAR * town.person("use") * town.person("ordinary")
    person = np.repeat(np.arange(len(frail)), np.minimum(rng.poisson(frail), 9))
    diag = draw_diagnosis(town, rng, person, "ip_weight")
    dept = town.cat.diagnoses["department"].to_numpy()[diag]
    place = town.choose_place(rng, person, dept, "stays", 0.55)
    day = draw_days(rng, day_weights(town.year, weekend=0.6, winter=1.3, festival=0.4), len(person))
    length = lengths(town, rng, place, diag)
    kept = day + length < town.days
    columns = stay_columns(town, rng, person, place, dept, diag, day, length)
    town.add_visits(**{name: values[kept] for name, values in columns.items()})
