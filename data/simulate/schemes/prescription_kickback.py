"""Prescription kickback: one practitioner's prescriptions all flow to one drugstore.

Imitates physicians who are paid by a store for every prescription and send their people there with dear brands in
large numbers. Camouflage: some prescriptions go elsewhere, the store keeps its other customers, the persons really
are the practitioner's own.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.town.catalogue import Ints
from data.simulate.town.places import STORE
from data.simulate.town.town import CHRONIC, LINE, Town, frame

SUBJECTS = ("pharmacy", "practitioner")
DISEASES = ("M03900", "M01600", "M04600", "M04803", "M05300")


def plant(town: Town, rng: Generator, dose: float) -> None:
    """Pair a few drugstores with a practitioner of their division."""
    held = pl.concat(town.registrations)
    table = town.cat.chronic["code"].to_list()
    held = held.filter(pl.col("chronic").is_in([table.index(c) for c in DISEASES]))
    held = held.unique("person", keep="first", maintain_order=True).select("person", own="chronic")
    pool = deeds.busy(town, (STORE,), visits=60)
    for store in town.pick(rng, pool, deeds.quota(town, stores=True, share=0.02)):
        doctor = _writer(town, rng, int(store), held["person"].to_numpy())
        own = town.base.filter((pl.col("doctor") == doctor) & (pl.col("begin") > 0)).join(
            held, on="person", maintain_order="left"
        )
        own = own.filter(pl.Series(town.person("death")[own["person"].to_numpy()] < 0))
        limit = deeds.budget(town, rng, int(store), 0.09, 0.28, dose)
        town.join_in("prescription_kickback", doctor)
        _send(town, rng, int(store), doctor, own, limit)


def _writer(town: Town, rng: Generator, store: int, held: Ints) -> int:
    """One of the busiest practitioners, by visits of the chronically ill, of the store's division."""
    near = town.place("division")[town.doctors["place"].to_numpy()] == town.place("division")[store]
    seen = town.base.filter((pl.col("doctor") >= 0) & pl.col("person").is_in(np.unique(held)))["doctor"].to_numpy()
    volume = np.bincount(seen, minlength=len(near)) * near
    return int(rng.choice(np.argsort(-volume, kind="stable")[:4]))


def _send(town: Town, rng: Generator, store: int, doctor: int, seen: pl.DataFrame, limit: int) -> None:
    """A prescription filled at the store within hours of a visit, or days later for some."""
    if len(seen) == 0:
        return
    count = limit // 15_000 + 6
    after = seen[rng.integers(0, len(seen), count)]
    delay = np.where(rng.random(count) < 0.7, rng.integers(900, 9000, count), rng.integers(1, 12, count) * 86_400)
    begin = np.minimum(after["end"].to_numpy() + delay, (town.days - 1) * 86_400 + 70_000)
    chronic = after["own"].to_numpy()
    visits = town.new_visits(
        person=after["person"].to_numpy(),
        place=store,
        doctor=doctor,
        diag=town.cat.chronic["diag"].to_numpy()[chronic],
        kind=CHRONIC,
        begin=begin,
        end=begin + rng.integers(100, 900, count),
        chronic=chronic,
        consult=0,
        cert=rng.choice([1, 3], count),
    )
    lines = _dear(town, rng, visits)
    kept = deeds.within(town, visits, lines, limit, least=1)
    deeds.plant(town, "prescription_kickback", kept, lines, "pharmacy", "practitioner")


def _dear(town: Town, rng: Generator, visits: pl.DataFrame) -> pl.DataFrame:
    """Drugs of the disease, mostly the dear brand, two to five boxes each."""
    kit = town.cat.chronic["kit"].gather(visits["chronic"])
    rows = visits.select("visit", "begin", kit=kit).join(
        town.cat.kits.select("kit", "item", "chance"), on="kit", maintain_order="left_right"
    )
    rows = rows.filter(pl.Series(rng.random(len(rows)) < 0.55))
    item = rows["item"].to_numpy()
    item = np.where(rng.random(len(item)) < 0.75, town.cat.brands()[item], item)
    cnt = rng.integers(2, 6, len(item)) if len(item) else np.zeros(0, dtype=np.int64)
    days = np.minimum(90, cnt * np.maximum(7, town.cat.column("pack_days")[item]))
    at = rows["begin"].to_numpy() + 30
    return frame(LINE, {"visit": rows["visit"].to_numpy(), "item": item, "cnt": cnt, "days": days, "at": at})
