"""Batch visits: the cards of a village are collected and billed in one sitting.

Imitates clinics and health centres that hold an open house, or drive to a village, take the cards and bill everybody
the same visit whether they came or not. Camouflage: spread over a day, two or three usual baskets with an item more
or less, real customers between, a handful of days in the year.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.care.charge import outpatient_lines
from data.simulate.town.catalogue import Ints
from data.simulate.town.clock import DAY
from data.simulate.town.town import OUTPATIENT, Town

SUBJECTS = ("institution", "practitioner")
POOL = ("community", "township", "clinic", "tcm_clinic", "village", "private_small")
BASKETS = (("bones", "M54.500"), ("pressure", "I10.x00"), ("cold", "J06.900"), ("stomach", "K29.500"))


def plant(town: Town, rng: Generator, dose: float) -> None:
    """Hold sittings at a few of the small institutions."""
    pool = deeds.busy(town, POOL, visits=80)
    for place in town.pick(rng, pool, deeds.quota(town)):
        limit = deeds.budget(town, rng, int(place), 0.08, 0.28, dose)
        sittings = int(limit // 250_000 + 2)
        rows = [(_village(town, rng, int(place)), rng.integers(5, town.days - 5)) for _ in range(sittings)]
        person = np.concatenate([who for who, _ in rows])
        sitting = np.repeat(np.arange(sittings), [len(who) for who, _ in rows])
        day = np.array([when for _, when in rows])[sitting]
        _bill(town, rng, int(place), person, sitting, day, limit)


def _village(town: Town, rng: Generator, place: int) -> Ints:
    """Grown-ups of one village or firm near the place, fifteen to forty of them."""
    age = town.person("age")
    near = town.person("division") == town.place("division")[place]
    fit = np.flatnonzero(near & (age >= 30) & (town.person("death") < 0))
    unit, size = np.unique(town.person("employer")[fit], return_counts=True)
    own = fit[town.person("employer")[fit] == rng.choice(unit[size >= min(20, size.max())])]
    return rng.choice(own, min(len(own), int(rng.integers(15, 41))), replace=False)


def _bill(town: Town, rng: Generator, place: int, person: Ints, sitting: Ints, day: Ints, limit: int) -> None:
    n = len(person)
    first = np.searchsorted(sitting, sitting)
    pace = rng.integers(60, 420, sitting.max() + 1)[sitting]
    start = rng.integers(8 * 3600, 10 * 3600, sitting.max() + 1)[sitting]
    begin = day * DAY + start + (np.arange(n) - first) * pace + rng.integers(0, 60, n)
    staff = np.flatnonzero(town.doctors["place"].to_numpy() == place)
    doctor = rng.choice(staff, sitting.max() + 1)[sitting]
    basket = np.where(rng.random(n) < 0.75, rng.integers(0, 4, sitting.max() + 1)[sitting], rng.integers(0, 4, n))
    visits = town.new_visits(
        person=person,
        place=place,
        doctor=doctor,
        dept=town.doctors["dept"].to_numpy()[doctor],
        diag=deeds.diagnoses(town, [d for _, d in BASKETS])[basket],
        kind=OUTPATIENT,
        begin=begin,
        end=begin + rng.integers(200, 1500, n),
        kit=np.array([town.cat.kit(k) for k, _ in BASKETS])[basket],
        absent=rng.random(n) < 0.5,
        cert=rng.choice([1, 3], n, p=[0.3, 0.7]),
    )
    lines = _same(rng, visits, outpatient_lines(town, rng, visits), sitting, basket)
    kept = deeds.within(town, visits, lines, limit, least=15)
    deeds.plant(town, "batch_visits", kept, lines, "institution", "practitioner")


def _same(rng: Generator, visits: pl.DataFrame, lines: pl.DataFrame, sitting: Ints, basket: Ints) -> pl.DataFrame:
    """Everybody of a sitting and basket gets the lines of its first person; one in six keeps the own lines."""
    key = sitting * 10 + basket
    first = np.array([np.flatnonzero(key == k)[0] for k in np.unique(key)])
    like = first[np.searchsorted(np.unique(key), key)]
    like = np.where(rng.random(len(key)) < 0.17, np.arange(len(key)), like)
    number, begin = visits["visit"].to_numpy(), visits["begin"].to_numpy()
    who = pl.DataFrame({"mine": number, "visit": number[like], "shift": begin - begin[like]})
    copied = who.join(lines, on="visit", maintain_order="left_right")
    return copied.with_columns(at=pl.col("at") + pl.col("shift"), visit="mine").select(lines.columns)
