"""A neighbour closes: a clinic or the counter of a health centre is renovated, and its patients go to the next one."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate.care.charge import is_stay
from data.simulate.town.catalogue import Ints
from data.simulate.town.clock import DAY
from data.simulate.town.town import Town

KINDS = ("clinic", "tcm_clinic", "village", "community", "township")


def after(town: Town, rng: Generator) -> None:
    """One place for every fifty thousand persons closes between May and August, some until the year's end."""
    hosts: list[int] = []
    for _ in range(1 + len(town.people) // 50_000):
        pairs = _pairs(town)
        if len(pairs) == 0:
            break
        closed, host = (int(place) for place in pairs[rng.integers(0, len(pairs))])
        first, length = int(rng.integers(120, 240)), int(rng.integers(100, 250))
        _move(town, rng, closed, host, first, first + length)
        town.spare([closed, host])
        hosts.append(host)
    town.confound("neighbour_closed", "institution", hosts)


def _pairs(town: Town) -> Ints:
    """Places with the nearest other of their kind, where no other story is told: the busier half."""
    told = _told(town)
    seen = town.base.filter(~is_stay()).select("visit", "place")
    bills = town.base_lines.join(seen, on="visit", maintain_order="left").filter(pl.col("place").is_not_null())
    place = bills["place"].to_numpy()
    cents = bills["cnt"].to_numpy() * town.price[place, bills["item"].to_numpy()]
    money = np.bincount(place, weights=cents, minlength=len(town.places))
    found = []
    for kind in KINDS:
        pool = np.setdiff1d(town.where(kind), told)
        if len(pool) < 2:
            continue
        x, y = (town.place(c)[pool] for c in ("longitude", "latitude"))
        far = (x[:, None] - x[None, :]) ** 2 + (y[:, None] - y[None, :]) ** 2
        np.fill_diagonal(far, np.inf)
        next_one = pool[far.argmin(axis=1)]
        # A little place's patients go unnoticed in a large one.
        busy = money[pool] >= 0.6 * money[next_one]
        found.append(np.column_stack([pool, next_one])[busy])
    pairs = np.concatenate(found) if found else np.zeros((0, 2), dtype=np.int64)
    return pairs[np.argsort(-money[pairs[:, 1]], kind="stable")][: max(2, len(pairs) // 2)]


def _told(town: Town) -> Ints:
    """Places that are to look odd for another reason, or whose practitioners are."""
    odd = pl.concat(town.confounders)
    places, doctors = (
        odd.filter(pl.col("subject_type") == kind)["subject"] for kind in ("institution", "practitioner")
    )
    spared = np.array(sorted(town.taken.get("places", ())), dtype=np.int64)
    return np.concatenate([spared, places.to_numpy(), town.doctors["place"].to_numpy()[doctors.to_numpy()]])


def _move(town: Town, rng: Generator, closed: int, host: int, first: int, last: int) -> None:
    """Hand over the visits of the days; those seen there pay the host's prices to the host's practitioners."""
    day = pl.col("begin") // DAY
    moved = town.base.select((pl.col("place") == closed) & (day >= first) & (day < last) & ~is_stay()).to_series()
    rows = np.flatnonzero(moved.to_numpy())
    place, doctor = (town.base[c].to_numpy().copy() for c in ("place", "doctor"))
    place[rows] = host
    doctor[rows] = town.choose_doctor(rng, place[rows], town.base["dept"].to_numpy()[rows])
    town.base = town.base.with_columns(place=pl.Series(place), doctor=pl.Series(doctor))
