"""Agents: one telephone number stands behind the cards of many households that are billed at the same clinics.

Imitates agents who collect cards from relatives, neighbours and workmates for a present or a few yuan and take them,
with their holders or without, to a clinic that pays by the head; whoever the desk must call, it is the agent.
Camouflage: cards whose holders seldom need them, each on days of its own, ordinary complaints and ordinary baskets, a
number of the holder's own now and then, the clinic's other business beside it.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.care.charge import outpatient_lines
from data.simulate.town.catalogue import Flags, Ints
from data.simulate.town.town import OUTPATIENT, Town

SUBJECTS = ("group", "person", "institution")
POOL = ("clinic", "tcm_clinic", "community", "private_small", "private_general")
COMPLAINTS = ("M54.500", "I10.x00", "K29.500", "J06.900", "R42.x00")


def plant(town: Town, rng: Generator, dose: float) -> None:
    """Send out one agent for about every twenty thousand persons, at least one, each to clinics of their own."""
    pool = deeds.busy(town, POOL, visits=70)
    for number in range(max(1, round(len(town.people) / 20_000))):
        places = town.pick(rng, pool, int(rng.integers(1, 3)))
        limits = [deeds.budget(town, rng, int(place), 0.05, 0.24, dose) for place in places]
        wanted = max(int(rng.integers(6, 12)), sum(limits) // int(rng.integers(60_000, 160_000)))
        agent, cards = _collected(town, rng, int(places[0]), wanted)
        complaint = rng.integers(0, len(COMPLAINTS), len(cards))
        for place, limit in zip(places, limits, strict=True):
            _use(town, rng, f"agent-{number + 1:02d}", int(place), agent, cards, complaint, limit)


def _collected(town: Town, rng: Generator, place: int, wanted: int) -> tuple[int, Ints]:
    """An agent of the place's division and cards of as many households, rather those that lie idle.

    Every second agent uses the own card too.
    """
    fit = _fit(town)
    near = town.person("division") == town.place("division")[place]
    age = town.person("age")
    agent = int(rng.choice(np.flatnonzero(fit & near & (age < 62))))
    used = np.bincount(town.base["person"].to_numpy(), minlength=len(age))
    weight = fit * np.where(near, 1.0, 0.05) / (1 + used)
    weight[town.person("household") == town.person("household")[agent]] = 0
    drawn = rng.choice(len(age), min(3 * wanted, int((weight > 0).sum())), replace=False, p=weight / weight.sum())
    _, first = np.unique(town.person("household")[drawn], return_index=True)
    cards = drawn[np.sort(first)][:wanted]
    return agent, np.concatenate([cards, [agent]]) if rng.random() < 0.5 else cards


def _fit(town: Town) -> Flags:
    age = town.person("age")
    fit: Flags = (age >= 35) & (age < 82) & (town.person("death") < 0) & town.person("ordinary")
    fit[town.statuses["person"].to_numpy()] = False
    return fit


def _use(
    town: Town, rng: Generator, label: str, place: int, agent: int, cards: Ints, complaint: Ints, limit: int
) -> None:
    """Bill the cards one after the other over the year, mostly for each holder's own complaint."""
    n = limit // 4_000 + 4
    row, day = rng.integers(0, len(cards), n), deeds.days(town, rng, n)
    own = np.where(rng.random(n) < 0.7, complaint[row], rng.integers(0, len(COMPLAINTS), n))
    diag = deeds.diagnoses(town, COMPLAINTS)[own]
    where = np.full(n, place)
    doctor = town.choose_doctor(rng, where, town.cat.diagnoses["department"].to_numpy()[diag])
    begin = town.at(rng, where, day)
    visits = town.new_visits(
        person=cards[row],
        place=place,
        doctor=doctor,
        dept=town.doctors["dept"].to_numpy()[doctor],
        diag=diag,
        kind=OUTPATIENT,
        begin=begin,
        end=begin + rng.integers(300, 2400, n),
        kit=town.cat.diagnoses["op_kit"].to_numpy()[diag],
        caller=np.where(rng.random(n) < 0.85, agent, -1),
        absent=rng.random(n) < 0.6,
        cert=rng.choice([1, 3], n, p=[0.2, 0.8]),
    )
    fit = deeds.free(town, cards[row], day, np.zeros(n, dtype=np.int64))
    once = pl.Series(row * town.days + day).is_first_distinct()
    visits = visits.filter(pl.Series(fit) & once)
    lines = outpatient_lines(town, rng, visits)
    visits = deeds.within(town, visits, lines, limit)
    deeds.plant(town, "agents_phone", visits, lines, "group", "person", "institution", label=label)
