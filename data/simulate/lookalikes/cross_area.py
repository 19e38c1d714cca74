"""Filed care elsewhere: persons who live with their children in another city and are treated there."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate.care.inpatient import lengths, stay_columns
from data.simulate.care.outpatient import draw_diagnosis
from data.simulate.town.catalogue import Ints
from data.simulate.town.clock import day_weights, draw_days
from data.simulate.town.places import AWAY
from data.simulate.town.town import Town


def add(town: Town, rng: Generator) -> None:
    """File one person in seventy for care elsewhere and let most of them use it."""
    age = town.person("age")
    free = np.flatnonzero((age >= 25) & town.person("ordinary") & (town.person("death") < 0))
    person = rng.choice(free, max(6, len(age) // 70), replace=False)
    away = np.flatnonzero(np.isin(town.place("division"), AWAY) & ~town.place("is_store"))
    home = rng.choice(away, len(person))
    day = rng.integers(-700, 200, len(person))
    town.filings.append(
        pl.DataFrame(
            {
                "person": person,
                "division": town.place("division")[home],
                "begin": day,
                "end": np.where(rng.random(len(person)) < 0.3, day + rng.integers(200, 700, len(person)), 9999),
                "reason": rng.choice([1, 2, 3], len(person), p=[0.45, 0.4, 0.15]),
            }
        )
    )
    _visits(town, rng, person, home, day)
    _stays(town, rng, person, home, day)
    town.confound("cross_area", "person", person)


def after(town: Town, rng: Generator) -> None:
    """Where the card was not read, the bill is paid in cash and handed in on paper: one in twelve elsewhere."""
    elsewhere = np.isin(town.place("division")[town.base["place"].to_numpy()], AWAY)
    paper = elsewhere & (rng.random(len(town.base)) < 0.08) & (town.base["refund"].to_numpy() == 0)
    town.base = town.base.with_columns(manual=pl.Series(paper.astype(np.int64)))
    town.confound("paper_bill", "person", town.base.filter(manual=1)["person"].to_numpy())


def _visits(town: Town, rng: Generator, person: Ints, home: Ints, filed: Ints) -> None:
    source = np.repeat(np.arange(len(person)), rng.poisson(1.6, len(person)))
    n, who, place = len(source), person[source], home[source]
    day = draw_days(rng, day_weights(town.year, weekend=0.6, winter=1.2, festival=0.6), n)
    day = np.maximum(day, filed[source] + 1)
    diag = draw_diagnosis(town, rng, who, "op_weight")
    dept = town.cat.diagnoses["department"].to_numpy()[diag]
    begin = town.at(rng, place, day)
    town.add_visits(
        person=who,
        place=place,
        doctor=town.choose_doctor(rng, place, dept),
        dept=dept,
        diag=diag,
        begin=begin,
        end=begin + rng.integers(600, 7000, n),
        kit=town.cat.diagnoses["op_kit"].to_numpy()[diag],
    )


def _stays(town: Town, rng: Generator, person: Ints, home: Ints, filed: Ints) -> None:
    ill = np.flatnonzero(rng.random(len(person)) < 0.25)
    who, place = person[ill], home[ill]
    diag = draw_diagnosis(town, rng, who, "ip_weight")
    dept = town.cat.diagnoses["department"].to_numpy()[diag]
    day = np.maximum(filed[ill] + 1, rng.integers(0, town.days - 40, len(ill)))
    length = np.minimum(30, lengths(town, rng, place, diag))
    town.add_visits(**stay_columns(town, rng, who, place, dept, diag, day, length), fixed=1)
