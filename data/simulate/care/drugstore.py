"""Purchases at drugstores: small baskets with occasional large ones, loyal customers, evenings."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from data.simulate.town.catalogue import Ints
from data.simulate.town.clock import day_weights, draw_days
from data.simulate.town.town import PURCHASE, Town

BASKETS = ("s_cold", "s_stomach", "s_pain", "s_heart", "s_sugar", "s_tonic", "s_women", "s_skin")


def baskets(town: Town, rng: Generator, person: Ints) -> Ints:
    """The kit of each purchase, by the buyer's age and sex."""
    n, age, sex = len(person), town.person("age")[person], town.person("sex")[person]
    weights = np.stack(
        [
            np.full(n, 3.0),
            np.full(n, 1.5),
            1 + (age > 40),
            0.3 + 2.4 * (age > 50),
            0.1 + 0.9 * (age > 50),
            0.5 + 0.8 * (age > 55),
            0.8 * (sex == 2) * (age < 60),
            np.full(n, 1.0),
        ]
    )
    chance = np.cumsum(weights / weights.sum(axis=0) * 1.000001, axis=0)
    kits = np.array([town.cat.kit(name) for name in BASKETS])
    chosen: Ints = kits[(chance < rng.random(n)[None, :]).sum(axis=0)]
    return chosen


def add(town: Town, rng: Generator) -> None:
    """Add a year of purchases."""
    employee = town.person("insutype") == 310
    taste = np.where(employee, 0.98, 0.44) * (0.5 + 0.5 * town.person("use")) * rng.lognormal(-0.18, 0.6, len(employee))
    count = np.minimum(rng.poisson(taste * (town.person("age") >= 16)), 40)
    person = np.repeat(np.arange(len(count)), count)
    n = len(person)
    kits = baskets(town, rng, person)
    day = draw_days(rng, day_weights(town.year, weekend=1.1, winter=1.35, festival=0.6), n)
    place = town.choose_place(rng, person, np.zeros(n, dtype=np.int64), "store", 0.75)
    begin = town.at(rng, place, day)
    town.add_visits(
        person=person,
        place=place,
        kind=PURCHASE,
        begin=begin,
        end=begin + rng.integers(60, 600, n),
        kit=kits,
        consult=0,
        cert=rng.choice([1, 2, 3], n, p=[0.6, 0.05, 0.35]),
    )
