"""Phantom stays: hospitals invent stays of recruited persons who never lie there.

Imitates hospitals that collect cards and book beds: the days carry bed, nursing and ward round and little
else, the bills of one hospital resemble one template, and the persons may be seen elsewhere on the same
days. Camouflage: spread over the year with ordinary weekdays, lengths and tests vary, some days carry
treatment, several practitioners.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.care.charge import hotel_lines, is_stay
from data.simulate.care.inpatient import stay_columns
from data.simulate.town.catalogue import Ints
from data.simulate.town.clock import DAY, day_weights, draw_days
from data.simulate.town.town import LINE, Town, frame

SUBJECTS = ("institution", "practitioner")
USUAL_BILL = 90_000
POOL = ("private_general", "private_small", "rehabilitation", "township", "district_general")
PRETEXTS = ("M54.500", "M47.802", "I25.103", "J20.900", "K29.500", "R42.x00")
TESTS = (
    "002501010150000",
    "002501020350000",
    "002503050070000",
    "002503070020000",
    "003107010010000",
    "002101020150000",
    "002503020010200",
)
DRUGS = ("XB05XAA165B00201010101255", "XA11GAA168B00201010101276", "ZA12HAX0869010101267")


def plant(town: Town, rng: Generator, dose: float) -> None:
    """Invent stays at a few of the hospitals in the pool."""
    stays = town.base.filter(is_stay())
    pool = town.where(*POOL)
    busy = pool[np.bincount(stays["place"].to_numpy(), minlength=len(town.places))[pool] >= 3]
    turnover = town.turnover()
    for hospital in town.pick(rng, busy, deeds.quota(town)):
        count = max(3, round(turnover[hospital] * rng.uniform(0.05, 0.25) * dose / USUAL_BILL))
        _invent(town, rng, int(hospital), count)


def _invent(town: Town, rng: Generator, hospital: int, count: int) -> None:
    age = town.person("age")
    living = np.flatnonzero((age >= 40) & (age < 86) & town.person("ordinary") & (town.person("death") < 0))
    recruits = rng.choice(living, max(3, round(count * 0.75)), replace=False)
    person = rng.choice(recruits, count)
    day = draw_days(rng, day_weights(town.year, weekend=0.5, winter=1.2, festival=0.4), count)
    usual = rng.integers(6, 11)
    length = np.maximum(3, usual + np.rint(rng.normal(0, 1.1, count))).astype(np.int64)
    day = np.minimum(day, town.days - length - 1)
    diag = np.array([town.cat.diagnosis[c] for c in rng.choice(PRETEXTS, 2, replace=False)])[rng.integers(0, 2, count)]
    staff = np.flatnonzero(town.doctors["place"].to_numpy() == hospital)
    doctor = rng.choice(rng.choice(staff, min(len(staff), int(rng.integers(1, 4))), replace=False), count)
    dept = town.doctors["dept"].to_numpy()[doctor]
    columns = stay_columns(town, rng, person, np.full(count, hospital), dept, diag, day, length)
    visits = town.add_visits(
        **(columns | {"doctor": doctor, "kit": np.full(count, -1), "oprn": np.full(count, -1)}), absent=1
    )
    ids = town.deed("phantom_stay", institution=np.full(count, hospital), practitioner=doctor)
    lines = pl.concat([hotel_lines(town, rng, visits), _template(town, rng, visits, length)])
    plant_of = pl.DataFrame({"visit": visits["visit"], "deed": ids})
    lines = lines.join(plant_of, on="visit", maintain_order="left").with_columns(plant="deed").drop("deed")
    town.lines.append(lines)


def _template(town: Town, rng: Generator, visits: pl.DataFrame, length: Ints) -> pl.DataFrame:
    """The hospital's few usual tests on the first day, and drops of treatment on some days of some stays."""
    tests = np.array([town.cat.item[c] for c in rng.choice(TESTS, 4, replace=False)])
    drugs = np.array([town.cat.item[c] for c in rng.choice(DRUGS, 2, replace=False)])
    row, which = np.nonzero(rng.random((len(visits), len(tests))) < 0.88)
    number, begin = visits["visit"].to_numpy(), visits["begin"].to_numpy()
    first = frame(
        LINE,
        {
            "visit": number[row],
            "item": tests[which],
            "at": begin[row] + rng.integers(900, 4 * 3600, len(row)),
        },
    )
    treated = rng.random(len(visits)) < 0.35
    row, which, nth = np.nonzero(
        treated[:, None, None]
        & (rng.random((len(visits), len(drugs), 4)) < 0.45)
        & (np.arange(1, 5)[None, None, :] < length[:, None, None])
    )
    some = (
        frame(
            LINE,
            {
                "visit": number[row],
                "item": drugs[which],
                "cnt": rng.integers(1, 3, len(row)) if len(row) else 1,
                "at": (begin[row] // DAY + nth + 1) * DAY + rng.integers(8 * 3600, 9 * 3600, len(row)),
            },
        )
        if len(row)
        else first.clear()
    )
    return pl.concat([first, some])
