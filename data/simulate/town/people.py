"""The insured persons: households, ages, identity, insurance, and how much care each one uses."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate.town import names
from data.simulate.town.catalogue import Ints
from data.simulate.town.clock import days_in

# Share of the inhabitants of each division.
DIVISION_SHARE = np.array([0.20, 0.23, 0.15, 0.13, 0.11, 0.10, 0.08])

# Numbers of units from here are villages, below employers.
VILLAGE = 100_000


def _households(rng: Generator, persons: int) -> tuple[Ints, Ints]:
    """Household number and place in the household (0 head, 1 partner, 2 and 3 children, 4 grandparent)."""
    sizes = rng.choice([1, 2, 3, 4, 5], persons, p=[0.24, 0.30, 0.24, 0.13, 0.09])
    household = np.repeat(np.arange(persons), sizes)[:persons]
    first = np.searchsorted(household, household)
    return household, np.arange(persons) - first


def _ages(rng: Generator, household: Ints, place: Ints) -> Ints:
    """Age in days at the year's start; partners are near the head's age, children a generation younger."""
    head = np.clip(rng.normal(53, 17, household.max() + 1), 21, 96)[household]
    years = np.select(
        [place == 0, place == 1, place <= 3],
        [head, head + rng.normal(-1, 4, len(place)), head - 27 + rng.normal(0, 4, len(place))],
        head + 25 + rng.normal(0, 3, len(place)),
    )
    years = np.where((years < 0) | (years > 98), rng.uniform(0.1, 90, len(place)), years)
    return np.clip(years * 365.25 + rng.integers(0, 365, len(place)), 30, 99 * 365).astype(np.int64)


def _insurance(rng: Generator, age: Ints) -> tuple[Ints, Ints]:
    """Insurance type (310, 390) and person class by age."""
    employee = (age >= 20) & (rng.random(len(age)) < np.where(age < 60, 0.45, 0.33))
    kind = np.where(employee, np.where(age < 59, 11, 12), np.select([age < 18, age < 60], [14, 15], 16))
    return np.where(employee, 310, 390).astype(np.int64), kind.astype(np.int64)


def _identity(rng: Generator, division: Ints, birth: np.ndarray, sex: Ints) -> tuple[names.Texts, names.Texts]:
    codes = np.array([code for code, _ in names.DIVISIONS])[division]
    n = len(sex)
    order = np.arange(n) % 500
    compact = np.char.replace(birth.astype(str), "-", "")
    certificate = names.identity_numbers(codes, compact, order * 2 % 1000 + (sex == 1))
    serial = rng.permutation(n * 41)[:n] + 100_000
    return certificate, np.char.add("9901", np.char.zfill(serial.astype(str), 14))


def make_people(rng: Generator, persons: int, year: int) -> pl.DataFrame:
    """One row a person, row number = key; ages are at 1 January, `death` is a day of the year or -1."""
    household, place = _households(rng, persons)
    age_days = _ages(rng, household, place)
    age = (age_days // 365.25).astype(np.int64)
    sex = rng.integers(1, 3, persons)
    partner = place == 1
    sex[partner] = 3 - sex[np.flatnonzero(partner) - 1]
    division = rng.choice(len(DIVISION_SHARE), household.max() + 1, p=DIVISION_SHARE)[household]
    address = names.addresses(rng, division[np.searchsorted(household, np.arange(household.max() + 1))])
    birth = np.datetime64(date(year, 1, 1)) - age_days.astype("timedelta64[D]")
    insutype, psn_type = _insurance(rng, age)
    certificate, number = _identity(rng, division, birth, sex)
    dies = rng.random(persons) < 0.0006 + 0.09 * np.clip((age - 50) / 45, 0, 1) ** 3
    need = 0.55 + 0.9 * (age < 6) + 2.4 * np.clip((age - 30) / 50, 0, 1.2) ** 1.4
    return pl.DataFrame(
        {
            "psn_no": number,
            "name": names.person_names(rng, sex),
            "sex": sex,
            "age": age,
            "birth": birth,
            "certno": certificate,
            "household": household,
            "division": division,
            "address": address[household],
            "phone": names.phone_numbers(rng, persons),
            "insutype": insutype,
            "psn_type": psn_type,
            "civil": (insutype == 310) & (rng.random(persons) < 0.06),
            "assisted": rng.random(persons) < 0.04,
            "death": np.where(dies, rng.integers(5, days_in(year), persons), -1),
            "need": need,
            "use": need * rng.lognormal(-0.32, 0.8, persons),
            "habit": rng.random(persons),
            "coded_sex": sex,
            "ordinary": np.ones(persons, dtype=bool),
        }
    )


def employers(rng: Generator, residents: pl.DataFrame) -> Ints:
    """The unit each person is insured through: employers of very different size, and villages of a few hundred.

    Employees and pensioners draw an employer of their division, households of residents their village, from VILLAGE on.
    """
    division = residents["division"].to_numpy()
    unit = np.zeros(len(residents), dtype=np.int64)
    for number in np.unique(division):
        here = np.flatnonzero(division == number)
        firms = max(3, len(here) // 60)
        weight = 1 / np.arange(1, firms + 1) ** 0.9
        firm = rng.choice(firms, len(here), p=weight / weight.sum())
        villages = max(2, len(here) // 260)
        village = (residents["household"].to_numpy()[here] * 7919) % villages
        employed = residents["insutype"].to_numpy()[here] == 310
        unit[here] = np.where(employed, number * 10_000 + firm, VILLAGE + number * 10_000 + village)
    return unit
