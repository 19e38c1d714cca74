"""Cards in a row: many persons' cards are settled one after the other at one till.

Imitates drugstores for which an organiser, a village cadre or a clerk collects the cards of people with money on their
account: whoever has the stack in hand settles card by card, no matter who needs what, and the holders get cash or
groceries later. Camouflage: modest ordinary baskets, sessions of differing size and pace on differing days, cards that
come back only in some of them, sessions broken off while a real customer is served.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.care.charge import outpatient_lines
from data.simulate.town.catalogue import Ints
from data.simulate.town.clock import DAY
from data.simulate.town.places import STORE
from data.simulate.town.town import PURCHASE, Town

SUBJECTS = ("pharmacy",)
BASKETS = ("s_cold", "s_stomach", "s_pain", "s_heart", "s_skin", "s_tonic")


def plant(town: Town, rng: Generator, dose: float) -> None:
    """Let a few drugstores settle stacks of cards."""
    pool = deeds.busy(town, (STORE,), visits=25)
    for store in town.pick(rng, pool, deeds.quota(town, stores=True, share=0.02)):
        limit = deeds.budget(town, rng, int(store), 0.07, 0.29, dose)
        stacks = [_stack(town, rng, int(store)) for _ in range(int(rng.integers(1, 4)))]
        cards = [_handed_over(rng, stacks) for _ in range(limit // 45_000 + 2)]
        session = np.repeat(np.arange(len(cards)), [len(own) for own in cards])
        _settle(town, rng, int(store), np.concatenate(cards), session, limit)


def _stack(town: Town, rng: Generator, store: int) -> Ints:
    """Cards of grown-ups with an account who live near the store, most of one firm."""
    fit = (town.person("age") >= 22) & (town.person("death") < 0) & (town.person("insutype") == 310)
    fit[town.statuses["person"].to_numpy()] = False
    near = np.flatnonzero(fit & (town.person("division") == town.place("division")[store]))
    firm = town.person("employer")[near]
    weight = np.where(firm == rng.choice(firm), 15.0, 1.0)
    return rng.choice(near, min(len(near), int(rng.integers(9, 36))), replace=False, p=weight / weight.sum())


def _handed_over(rng: Generator, stacks: list[Ints]) -> Ints:
    """The cards of one session: a few or many of one stack."""
    stack = stacks[int(rng.integers(len(stacks)))]
    return rng.choice(stack, min(len(stack), 2 + int(rng.poisson(rng.gamma(2.0, 4.5)))), replace=False)


def _moments(town: Town, rng: Generator, store: int, session: Ints) -> tuple[Ints, Ints]:
    """Begin and end of each card: one after the other, within opening hours.

    In some sessions the next card has to wait for a real customer.
    """
    count = session[-1] + 1
    first = np.searchsorted(session, np.arange(count))
    nth = np.arange(len(session)) - first[session]
    took = (rng.uniform(35, 150, count)[session] * rng.uniform(0.6, 1.7, len(session))).astype(np.int64)
    offset = np.cumsum(took) - took
    offset -= offset[first][session]
    length = np.maximum.reduceat(offset + took, first)
    customer = town.base.filter((pl.col("place") == store) & (pl.col("kind") == PURCHASE))
    customer = customer[rng.integers(0, len(customer), count)]
    came, left = customer["begin"].to_numpy(), customer["end"].to_numpy()
    cut = (rng.random(count) * np.bincount(session)).astype(np.int64)
    broken = rng.random(count) < 0.35
    start = town.at(rng, np.full(count, store), rng.integers(4, town.days - 4, count))
    start = np.where(broken, came - offset[first + cut], start)
    pause = np.where(broken, left - came + rng.integers(20, 700, count), 0)
    day = (np.where(broken, came, start) // DAY) * DAY
    latest = day + town.place("closes")[store] * 3600 - length - pause
    start = np.maximum(np.minimum(start, latest), day + town.place("opens")[store] * 3600)
    begin = start[session] + offset + np.where(nth >= cut[session], pause[session], 0)
    return begin, begin + np.maximum(5, (took * rng.uniform(0.3, 0.9, len(session))).astype(np.int64))


def _settle(town: Town, rng: Generator, store: int, person: Ints, session: Ints, limit: int) -> None:
    n = len(person)
    begin, end = _moments(town, rng, store, session)
    kits = np.array([town.cat.kit(name) for name in BASKETS])
    visits = town.new_visits(
        person=person,
        place=store,
        kind=PURCHASE,
        begin=begin,
        end=end,
        kit=rng.choice(kits, n),
        consult=0,
        desk=int(rng.integers(1, 4)),
        absent=rng.random(n) < rng.uniform(0.6, 1.0),
        cert=rng.choice([1, 3], n, p=[0.2, 0.8]),
    )
    lines = outpatient_lines(town, rng, visits)
    visits = visits.filter(pl.col("visit").is_in(lines["visit"].implode()))
    deeds.plant(town, "cards_in_a_row", deeds.within(town, visits, lines, limit), lines, "pharmacy")
