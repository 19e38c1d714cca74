"""Registered chronic diseases and their regular prescriptions, at a hospital or moved to a drugstore."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate.town.catalogue import Ints
from data.simulate.town.town import CHRONIC, Town


def register(town: Town, rng: Generator, person: Ints, chronic: Ints) -> Ints:
    """Register persons for chronic diseases; returns the registration numbers."""
    first = sum(len(r) for r in town.registrations)
    number = np.arange(first, first + len(person))
    town.registrations.append(
        pl.DataFrame(
            {
                "registered": number,
                "person": person,
                "chronic": chronic,
                "since": rng.integers(40, 1500, len(person)),
            }
        )
    )
    return number


def _regimens(town: Town, rng: Generator, number: Ints, chronic: Ints, supply: Ints) -> pl.DataFrame:
    """Each registration's own drugs, fixed for the year."""
    rows = pl.DataFrame(
        {
            "registered": number,
            "kit": town.cat.chronic["kit"].to_numpy()[chronic],
            "supply": supply,
        }
    ).join(town.cat.kits.select("kit", "item", "chance"), on="kit", maintain_order="left_right")
    kept = pl.Series(rng.random(len(rows))) < rows["chance"]
    return rows.filter(kept).select("registered", "item", "supply")


def _due(town: Town, rng: Generator, supply: Ints) -> tuple[Ints, Ints]:
    """Row numbers and days of the prescriptions: one each `supply` days with jitter, some missed."""
    rounds = town.days // supply + 1
    source = np.repeat(np.arange(len(supply)), rounds)
    nth = np.arange(len(source)) - np.repeat(np.cumsum(rounds) - rounds, rounds)
    day = (rng.integers(0, 60, len(supply)) % supply)[source] + nth * supply[source]
    day = day + np.rint(rng.normal(0, 3.0, len(source))).astype(np.int64)
    kept = (day >= 0) & (day < town.days) & (rng.random(len(source)) < 0.9)
    return source[kept], day[kept]


def prescribe(town: Town, rng: Generator, person: Ints, number: Ints, chronic: Ints, place: Ints | None = None) -> None:
    """A year of prescriptions for these registrations, every one to two months with jitter."""
    n = len(person)
    if n == 0:
        return
    supply = rng.choice([28, 30, 42, 56, 60, 84], n, p=[0.25, 0.2, 0.15, 0.2, 0.12, 0.08])
    town.regimens.append(_regimens(town, rng, number, chronic, supply))
    source, day = _due(town, rng, supply)
    table = town.cat.chronic
    dept = table["department"].to_numpy()[chronic[source]]
    who = person[source]
    at_store = (rng.random(n) < 0.14)[source]
    store, seen_at = (town.choose_place(rng, who, dept, mode, 0.9) for mode in ("store", "outpatient"))
    where = np.where(at_store, store, seen_at)
    if place is not None:
        seen_at = place[source]
        where, at_store = place[source], np.zeros(len(source), dtype=bool)
    begin = town.at(rng, where, day)
    diag = table["diag"].to_numpy()[chronic[source]]
    town.add_visits(
        person=who,
        place=where,
        # A prescription moved to a drugstore carries the practitioner who wrote it.
        doctor=town.choose_doctor(rng, seen_at, dept),
        consult=np.where(at_store, 0, 1),
        dept=np.where(at_store, -1, dept),
        diag=diag,
        kind=CHRONIC,
        begin=begin,
        end=begin + rng.integers(5 * 60, 50 * 60, len(source)),
        chronic=chronic[source],
        registered=number[source],
        cert=rng.choice([1, 2, 3], len(source), p=[0.45, 0.1, 0.45]),
    )


def add(town: Town, rng: Generator) -> None:
    """Register persons by age and add their prescriptions."""
    age = town.person("age")[:, None]
    start, rate = (town.cat.chronic[c].to_numpy()[None, :] for c in ("age_from", "rate"))
    ordinary = town.person("ordinary")[:, None]
    chance = rate * np.clip((age - start) / 25, 0, 1.3) * ordinary * 0.5
    person, chronic = np.nonzero(rng.random(chance.shape) < chance)
    number = register(town, rng, person, chronic)
    prescribe(town, rng, person, number, chronic)
