"""Co-visit rings: five to fifteen persons who go together to a few drugstores and clinics on the same days.

Imitates organisers who bring cardholders round. Camouflage: a fifth of the members miss each trip, the
slots jitter within the hour, trips fall on any day of the year, members keep their own honest care, baskets
are ordinary.
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
from data.simulate.town.town import OUTPATIENT, PURCHASE, Town

SUBJECTS = ("group", "person", "pharmacy", "institution")
STORE_KITS = ("s_tonic", "s_heart", "s_pain")
CLINIC_KITS = ("cold", "stomach", "bones")
CLINIC_DIAGNOSES = ("J06.900", "K29.500", "M54.500")
LEAST = 150


def plant(town: Town, rng: Generator, dose: float) -> None:
    """Form one ring for about every ten thousand persons, at least two, who go where nobody asks."""
    stores_pool = deeds.busy(town, [STORE], visits=LEAST)
    clinics_pool = deeds.busy(town, ["clinic", "village", "tcm_clinic", "community"], visits=LEAST)
    rings = max(2, round(len(town.people) / 10_000))
    stores_pool = town.pick(rng, stores_pool, max(2, deeds.quota(town, stores=True, share=0.04)))
    clinics_pool = town.pick(rng, clinics_pool, max(2, deeds.quota(town, share=0.027)))
    used: set[int] = set()
    for number in range(rings):
        members = _members(town, rng, used)
        used.update(members.tolist())
        stores = rng.choice(stores_pool, min(len(stores_pool), int(rng.integers(1, 4))), replace=False)
        clinics = rng.choice(clinics_pool, min(len(clinics_pool), int(rng.integers(1, 3))), replace=False)
        _trips(town, rng, f"ring-{number + 1:02d}", members, np.concatenate([stores, clinics])[:4], dose)


def _members(town: Town, rng: Generator, used: set[int]) -> Ints:
    """Adults of one division; their households do not matter."""
    division = rng.integers(0, 7)
    adult = (town.person("age") >= 35) & (town.person("death") < 0) & town.person("ordinary")
    pool = np.flatnonzero(adult & (town.person("division") == division))
    pool = pool[~np.isin(pool, list(used))]
    pool = pool if len(pool) >= 15 else np.setdiff1d(np.flatnonzero(adult), list(used))
    return np.sort(rng.choice(pool, int(rng.integers(5, 16)), replace=False))


def _trips(town: Town, rng: Generator, ring: str, members: Ints, places: Ints, dose: float) -> None:
    trips = max(3, round(rng.integers(12, 21) * dose))
    day = np.sort(rng.choice(town.days, min(trips, town.days), replace=False))
    where = rng.choice(places, len(day))
    start = town.clock(rng, where)
    trip, row = np.nonzero(rng.random((len(day), len(members))) < 0.8)
    n = len(trip)
    begin = day[trip] * DAY + np.minimum(start[trip] + rng.integers(0, 3000, n), 86_000)
    place, person = where[trip], members[row]
    store = town.place("is_store")[place]
    pick = rng.integers(0, 3, n)
    kits = np.array([[town.cat.kit(k) for k in names] for names in (CLINIC_KITS, STORE_KITS)])
    diag = np.array([town.cat.diagnosis[d] for d in CLINIC_DIAGNOSES])[pick]
    doctor = np.where(
        store, -1, town.choose_doctor(rng, np.where(store, places[-1], place), np.zeros(n, dtype=np.int64))
    )
    visits = town.add_visits(
        person=person,
        place=place,
        doctor=doctor,
        dept=np.where(store, -1, town.doctors["dept"].to_numpy()[doctor]),
        diag=np.where(store, -1, diag),
        kind=np.where(store, PURCHASE, OUTPATIENT),
        begin=begin,
        end=begin + rng.integers(120, 1500, n),
        kit=kits[store.astype(int), pick],
        cert=rng.choice([1, 3], n),
    )
    ids = town.deed(
        "co_visit_ring",
        ring,
        group=np.zeros(n),
        person=person,
        pharmacy=np.where(store, place, -1),
        institution=np.where(store, -1, place),
    )
    town.lines.append(_baskets(town, rng, visits, ids))


def _baskets(town: Town, rng: Generator, visits: pl.DataFrame, ids: Ints) -> pl.DataFrame:
    """Ordinary lines, with one box more of the drugs now and then."""
    lines = outpatient_lines(town, rng, visits).join(
        pl.DataFrame({"visit": visits["visit"], "deed": ids}), on="visit", maintain_order="left"
    )
    drug = np.isin(town.cat.column("fee_category")[lines["item"].to_numpy()], ["09", "11"])
    cnt = lines["cnt"].to_numpy() + (drug & (rng.random(len(lines)) < 0.4))
    return lines.with_columns(plant="deed", cnt=pl.Series(cnt.astype(np.int64))).drop("deed")
