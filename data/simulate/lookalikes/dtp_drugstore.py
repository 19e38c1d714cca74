"""A drugstore beside the oncology hospital: few customers, targeted drugs at thousands of yuan a box."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate.care.chronic import register
from data.simulate.town.places import STORE
from data.simulate.town.town import CHRONIC, Town


def add(town: Town, rng: Generator) -> None:
    """Register about one person in two thousand more for tumour treatment and supply them at one store."""
    age = town.person("age")
    free = np.flatnonzero((age >= 45) & (age < 82) & town.person("ordinary") & (town.person("death") < 0))
    person = rng.choice(free, max(3, len(age) // 2000), replace=False)
    centre = int(town.where("oncology", "city_general")[0])
    stores = town.where(STORE)
    near = stores[town.place("division")[stores] == town.place("division")[centre]]
    store = int(rng.choice(near if len(near) else stores))
    chronic = town.cat.chronic["code"].to_list().index("M00500")
    register(town, rng, person, np.full(len(person), chronic))
    first = rng.integers(0, 200, len(person))
    rounds = (town.days - first) // 30
    row = np.repeat(np.arange(len(person)), rounds)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(rounds) - rounds, rounds)
    day = np.minimum(first[row] + nth * 30 + rng.integers(-3, 4, len(row)), town.days - 1)
    day = np.maximum(day, 0)
    n = len(row)
    where, dept = np.full(n, store), np.full(n, town.cat.department["A19"])
    begin = town.at(rng, where, day)
    town.add_visits(
        person=person[row],
        place=where,
        doctor=town.choose_doctor(rng, np.full(n, centre), dept),
        diag=town.cat.diagnosis["C34.900"],
        kind=CHRONIC,
        begin=begin,
        end=begin + rng.integers(300, 1200, n),
        chronic=chronic,
        kit=town.cat.kit("dtp"),
        consult=0,
        cert=rng.choice([1, 3], n),
    )
    town.people = town.people.with_columns(
        ordinary=pl.col("ordinary") & ~pl.Series(np.isin(np.arange(len(age)), person))
    )
    town.spare(store)
    town.confound("dtp_drugstore", "pharmacy", [store])
    town.confound("dtp_drugstore", "person", person)
