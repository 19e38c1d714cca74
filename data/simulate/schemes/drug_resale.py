"""Drug resale: a person collects dear drugs at many counters and sells them on.

Imitates runners with a chronic-disease registration who are sent from hospital to drugstore for insulin, clot
inhibitors and other drugs that resellers buy. Camouflage: a few boxes at a time, months in between, the person's own
care goes on, another practitioner each time, stores of several divisions.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.town.catalogue import Ints
from data.simulate.town.town import CHRONIC, LINE, Town, frame

SUBJECTS = ("person",)
WANTED = {
    "M01600": ("XA10AEA027A00101020100720", "XA10BJS279B002010283568", "XA10BKA025A00101020100706",
               "XA10ADA028A00101020100727"),
    "M04600": ("XB01ACA009A00101020100594", "XC10AAA006A00101020100573", "XC10AAA007A00101020100580",
               "ZA12CAA0013010100313"),
    "M04803": ("XN07XXD130E002010102774", "XB01ACA009A00101020100594", "XC10AAA006A00101020100573"),
    "M05300": ("XR03AKA057A00101010100499", "XR03BBA058A00101020100937", "ZA09CAA0126010100426"),
    "M00200": ("XJ05AFA128A00101020101427", "XJ05AFA129A00101020101434"),
}  # fmt: skip


def plant(town: Town, rng: Generator, dose: float) -> None:
    """Send out about one person in two thousand five hundred."""
    held = pl.concat(town.registrations)
    table = town.cat.chronic["code"].to_list()
    right = pl.col("chronic").is_in([table.index(code) for code in WANTED])
    alive = pl.Series(town.person("death")[held["person"].to_numpy()] < 0)
    held = held.filter(right & alive).unique("person", keep="first", maintain_order=True)
    count = min(len(held), max(2, round(len(town.people) / 2500)))
    for who in held[np.sort(rng.choice(len(held), count, replace=False))].iter_rows(named=True):
        _collect(town, rng, who, table[who["chronic"]], dose)


def _collect(town: Town, rng: Generator, who: dict[str, int], disease: str, dose: float) -> None:
    n = max(3, round(rng.integers(12, 34) * dose))
    span = int(rng.integers(70, 300))
    day = np.sort(rng.integers(0, span, n) + rng.integers(0, town.days - span))
    dept = np.full(n, town.cat.chronic["department"][who["chronic"]])
    place = rng.choice(_counters(town, rng, who["person"], int(dept[0])), n)
    store = town.place("is_store")[place]
    doctor = town.choose_doctor(rng, np.where(store, place[~store][0] if (~store).any() else 0, place), dept)
    begin = town.at(rng, place, day)
    visits = town.new_visits(
        person=who["person"],
        place=place,
        doctor=doctor,
        dept=np.where(store, -1, dept),
        diag=town.cat.chronic["diag"][who["chronic"]],
        kind=CHRONIC,
        begin=begin,
        end=begin + rng.integers(200, 1800, n),
        chronic=who["chronic"],
        consult=0,
        cert=rng.choice([1, 3], n),
    )
    deeds.plant(town, "drug_resale", visits, _boxes(town, rng, visits, WANTED[disease]), "person")


def _counters(town: Town, rng: Generator, person: int, dept: int) -> Ints:
    """Four to eight places, half of them drugstores."""
    many = np.full(40, person)
    hospitals = np.unique(town.choose_place(rng, many, np.full(40, dept), "outpatient", 0.0))
    stores = np.unique(town.choose_place(rng, many, np.full(40, dept), "store", 0.0))
    size = int(rng.integers(2, 5))
    return np.concatenate([rng.choice(p, min(size, len(p)), replace=False) for p in (hospitals, stores)])


def _boxes(town: Town, rng: Generator, visits: pl.DataFrame, wanted: tuple[str, ...]) -> pl.DataFrame:
    """One to three of the drugs, one to four boxes of each."""
    items = deeds.codes(town, wanted)
    row, which = np.nonzero(rng.random((len(visits), len(items))) < 0.45)
    cnt = rng.integers(1, 5, len(row)) if len(row) else np.zeros(0, dtype=np.int64)
    pack = np.maximum(7, town.cat.column("pack_days")[items[which]])
    at = visits["begin"].to_numpy()[row] + 60
    number = visits["visit"].to_numpy()[row]
    return frame(
        LINE, {"visit": number, "item": items[which], "cnt": cnt, "days": np.minimum(90, cnt * pack), "at": at}
    )
