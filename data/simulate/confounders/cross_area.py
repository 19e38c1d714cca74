"""Filed care elsewhere: persons who live with their children in another city and are treated there."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate.care.inpatient import lengths, stay_columns
from data.simulate.care.outpatient import draw_diagnosis
from data.simulate.clock import day_weights, draw_days
from data.simulate.places import AWAY
from data.simulate.town import Town


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
                "end": np.where(
                    rng.random(len(person)) < 0.3, day + rng.integers(200, 700, len(person)), 9999
                ),
                "reason": rng.choice([1, 2, 3], len(person), p=[0.45, 0.4, 0.15]),
            }
        )
    )
    visits = rng.poisson(1.6, len(person))
    source = np.repeat(np.arange(len(person)), visits)
    n, who = len(source), person[source]
    when = draw_days(rng, day_weights(town.year, weekend=0.6, winter=1.2, festival=0.6), n)
    when = np.maximum(when, day[source] + 1)
    diag = draw_diagnosis(town, rng, who, "op_weight")
    dept = town.cat.diagnoses["department"].to_numpy()[diag]
    begin = town.at(rng, home[source], when)
    town.add_visits(
        person=who,
        place=home[source],
        doctor=town.choose_doctor(rng, home[source], dept),
        dept=dept,
        diag=diag,
        begin=begin,
        end=begin + rng.integers(600, 7000, n),
        kit=town.cat.diagnoses["op_kit"].to_numpy()[diag],
    )
    ill = np.flatnonzero(rng.random(len(person)) < 0.25)
    diag = draw_diagnosis(town, rng, person[ill], "ip_weight")
    start = np.maximum(day[ill] + 1, rng.integers(0, town.days - 40, len(ill)))
    length = np.minimum(30, lengths(town, rng, home[ill], diag))
    town.add_visits(
        **stay_columns(
            town,
            rng,
            person[ill],
            home[ill],
            town.cat.diagnoses["department"].to_numpy()[diag],
            diag,
            start,
            length,
        ),
        fixed=1,
    )
    town.confound("cross_area", "person", person)
