"""Families: one address and telephone, ill together, at the doctor's one after the other."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate.town.clock import day_weights, draw_days
from data.simulate.town.town import Town


def add(town: Town, rng: Generator) -> None:
    """Let one household in eight go to the doctor together a few times in the year."""
    household = town.person("household")
    members = np.bincount(household)
    close = (members >= 2) & (rng.random(len(members)) < 0.12)
    head = np.searchsorted(household, np.arange(len(members)))
    phone = town.person("phone")
    shared = np.where(close[household], phone[head[household]], phone)
    town.people = town.people.with_columns(phone=pl.Series(shared))
    trips = np.where(close, rng.integers(1, 6, len(members)), 0)
    group = np.repeat(np.arange(len(members)), trips)
    n = len(group)
    day = draw_days(rng, day_weights(town.year, weekend=1.3, winter=2.0, festival=0.5), n)
    dept = np.full(n, town.cat.department["A02"])
    place = town.choose_place(rng, head[group], dept, "outpatient", 0.9)
    moment = town.at(rng, place, day)
    source = np.repeat(np.arange(n), members[group])
    nth = np.arange(len(source)) - np.repeat(np.cumsum(members[group]) - members[group], members[group])
    person = head[group][source] + nth
    kept = rng.random(len(source)) < 0.85
    source, nth, person = source[kept], nth[kept], person[kept]
    begin = moment[source] + nth * rng.integers(60, 500, len(source))
    young = town.person("age")[person] < 13
    town.add_visits(
        person=person,
        place=place[source],
        dept=dept[source],
        doctor=town.choose_doctor(rng, place, dept)[source],
        diag=town.cat.diagnosis["J06.900"],
        begin=begin,
        end=begin + rng.integers(300, 1800, len(source)),
        kit=np.where(young, town.cat.kit("child"), town.cat.kit("cold")),
    )
    town.confound("family", "person", np.flatnonzero(close[household]))
