"""Nursing homes: dozens of elders at one address whom the same doctor sees on the same day each month."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate.town.catalogue import Ints
from data.simulate.town.names import WORDS
from data.simulate.town.town import Town


def _rounds(town: Town, rng: Generator, person: Ints, place: int) -> None:
    """The doctor's monthly visit to one home."""
    month, row = np.meshgrid(np.arange(12), np.arange(len(person)), indexing="ij")
    present = rng.random(month.shape) < 0.88
    month, row = month[present], row[present]
    day = rng.integers(8, 22) + month * 30 + rng.integers(-2, 3, 12)[month]
    n = len(row)
    begin = day * 86_400 + int(rng.integers(8, 10)) * 3600 + row * 240 + rng.integers(0, 200, n)
    dept = np.full(n, town.cat.department["A02"])
    doctor = town.choose_doctor(rng, np.array([place]), dept[:1])[0]
    kits = np.array([town.cat.kit(k) for k in ("pressure", "nerves", "stomach")])
    diags = np.array([town.cat.diagnosis[d] for d in ("I10.x00", "R42.x00", "K29.500")])
    kind = rng.choice(3, n, p=[0.6, 0.2, 0.2])
    town.add_visits(
        person=person[row],
        place=place,
        doctor=doctor,
        dept=dept,
        diag=diags[kind],
        begin=begin,
        end=begin + rng.integers(200, 900, n),
        kit=kits[kind],
        cert=3,
    )
    town.confound("nursing_home", "practitioner", [doctor])


def add(town: Town, rng: Generator) -> None:
    """Move some of the eldest into one to three homes."""
    age = town.person("age")
    old = np.flatnonzero((age >= 74) & town.person("ordinary") & (town.person("death") < 0))
    homes = 1 if len(age) < 8000 else 3
    each = min(int(rng.integers(24, 40)), len(old) // (homes * 2))
    person = rng.choice(old, homes * each, replace=False)
    address, phone = town.person("address").copy(), town.person("phone").copy()
    places = rng.choice(town.where("community", "township"), homes)
    for number, own in enumerate(np.split(person, homes)):
        words = "".join(np.array(WORDS)[rng.integers(0, len(WORDS), 2)])
        address[own] = f"{words}路{rng.integers(1, 99)}号{words}养老院"
        phone[own] = phone[own[0]]
        _rounds(town, rng, own, int(places[number]))
    town.people = town.people.with_columns(address=pl.Series(address), phone=pl.Series(phone))
    town.confound("nursing_home", "person", person)
