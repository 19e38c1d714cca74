"""Collector gangs: several cardholders are sent round the same counters for the same dear drugs.

Imitates resellers who keep a list of hospitals and drugstores that ask no questions, and of drugs that buyers want, and
send everybody who sells them a card and a chronic-disease registration round it. Camouflage: each goes on days of their
own and meets nobody, leaves out some places and some drugs, takes a few boxes and comes back months later; the own care
goes on, and every gang has another list.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.schemes.drug_resale import WANTED
from data.simulate.town.catalogue import Ints
from data.simulate.town.places import STORE
from data.simulate.town.town import CHRONIC, LINE, Town, frame

SUBJECTS = ("group", "person")
COUNTERS = ("city_general", "district_general", "tcm_hospital", "private_general", "private_small", "community",
            "township")  # fmt: skip


def plant(town: Town, rng: Generator, dose: float) -> None:
    """Form one gang for about every fifteen thousand persons, at least two; nobody is in two of them."""
    held = _cardholders(town)
    for number in range(max(2, round(len(town.people) / 15_000))):
        if held.height == 0:
            return
        members = _members(rng, held, int(rng.integers(3, 12)))
        held = held.join(members, on="person", how="anti", maintain_order="left")
        hospitals, stores = _list(town, rng)
        trips = _trips(town, rng, members.height, np.concatenate([hospitals, stores]), dose)
        _collect(town, rng, f"gang-{number + 1:02d}", members, trips, hospitals)


def _cardholders(town: Town) -> pl.DataFrame:
    """Living persons registered for a disease whose drugs sell, with one registration each."""
    table = town.cat.chronic["code"].to_list()
    held = pl.concat(town.registrations).filter(pl.col("chronic").is_in([table.index(code) for code in WANTED]))
    gone = np.union1d(np.flatnonzero(town.person("death") >= 0), town.statuses["person"].to_numpy())
    return held.filter(~pl.col("person").is_in(gone)).unique("person", keep="first", maintain_order=True)


def _members(rng: Generator, held: pl.DataFrame, size: int) -> pl.DataFrame:
    """Cardholders with one common disease, wherever they live; a third of the town's at most."""
    many = held.filter(pl.len().over("chronic") >= size)
    disease = rng.choice((many if many.height else held)["chronic"].to_numpy())
    own = held.filter(pl.col("chronic") == disease)
    size = min(size, max(2, own.height // 3), own.height)
    return own[np.sort(rng.choice(own.height, size, replace=False))]


def _list(town: Town, rng: Generator) -> tuple[Ints, Ints]:
    """The gang's list: hospitals' counters, mostly busy ones, and drugstores all over the area."""
    counters, stores = town.where(*COUNTERS), town.where(STORE)
    busy = np.sqrt(town.place("outpatient")[counters])
    return (
        rng.choice(counters, int(rng.integers(2, 5)), replace=False, p=busy / busy.sum()),
        rng.choice(stores, int(rng.integers(2, 6)), replace=False),
    )


def _trips(town: Town, rng: Generator, members: int, places: Ints, dose: float) -> pl.DataFrame:
    """Member, place and day of each trip: round the own part of the list and round again, months later."""
    parts = []
    for member in range(members):
        own = places[rng.random(len(places)) < 0.8]
        own = own if len(own) > 1 else places[:2]
        span = int(rng.integers(150, 340))
        count = min(span, max(2, round(len(own) * rng.uniform(1.4, 3.0) * dose)))
        day = np.sort(rng.choice(span, count, replace=False)) + rng.integers(0, town.days - span)
        parts.append(pl.DataFrame({"member": member, "place": np.resize(rng.permutation(own), count), "day": day}))
    return pl.concat(parts).unique(["place", "day"], keep="first", maintain_order=True)


def _collect(
    town: Town, rng: Generator, gang: str, members: pl.DataFrame, trips: pl.DataFrame, hospitals: Ints
) -> None:
    member, place, day = (trips[c].to_numpy() for c in ("member", "place", "day"))
    n = len(member)
    chronic = int(members["chronic"][0])
    store = town.place("is_store")[place]
    # What a drugstore gives out was prescribed at one of the hospitals.
    seen_at = np.where(store, rng.choice(hospitals, n), place)
    doctor = town.choose_doctor(rng, seen_at, np.full(n, town.cat.chronic["department"][chronic]))
    begin = town.at(rng, place, day)
    visits = town.new_visits(
        person=members["person"].to_numpy()[member],
        place=place,
        doctor=doctor,
        dept=np.where(store, -1, town.doctors["dept"].to_numpy()[doctor]),
        diag=town.cat.chronic["diag"][chronic],
        kind=CHRONIC,
        begin=begin,
        end=begin + rng.integers(200, 1800, n),
        chronic=chronic,
        consult=0,
        cert=rng.choice([1, 3], n),
    )
    lines = _boxes(town, rng, visits, member, town.cat.chronic["code"][chronic])
    fit = deeds.free(town, visits["person"].to_numpy(), day, np.zeros(n, dtype=np.int64))
    visits = visits.filter(pl.Series(fit) & pl.col("visit").is_in(lines["visit"].implode()))
    deeds.plant(town, "collector_gang", visits, lines, "group", "person", label=gang)


def _boxes(town: Town, rng: Generator, visits: pl.DataFrame, member: Ints, disease: str) -> pl.DataFrame:
    """One to three boxes of some of the drugs that sell; a member never asks for a few of them."""
    items = deeds.codes(town, WANTED[disease])
    asks = rng.random((member.max() + 1, len(items))) < 0.8
    row, which = np.nonzero(asks[member] & (rng.random((len(visits), len(items))) < 0.6))
    cnt = rng.integers(1, 4, len(row))
    pack = np.maximum(7, town.cat.column("pack_days")[items[which]])
    return frame(
        LINE,
        {
            "visit": visits["visit"].to_numpy()[row],
            "item": items[which],
            "cnt": cnt,
            "days": np.minimum(90, cnt * pack),
            "at": visits["begin"].to_numpy()[row] + 60,
        },
    )
