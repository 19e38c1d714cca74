"""Card lending: other people use a person's card.

Imitates relatives and buyers who are treated on a borrowed card: items of the other sex, children's drugs
for adults, care after the holder's death, two places at the same time. Camouflage: few uses among the
holder's own care, ordinary places and hours, baskets that also hold neutral items.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate.care.charge import outpatient_lines
from data.simulate.town.catalogue import Ints
from data.simulate.town.clock import DAY
from data.simulate.town.town import OUTPATIENT, PURCHASE, Town

SUBJECTS = ("person",)
OTHER_SEX = {1: ("gynae", "s_women", "N76.000"), 2: ("prostate", "prostate", "N40.x00")}


def plant(town: Town, rng: Generator, dose: float) -> None:
    """Lend about one card in two hundred and fifty, in four ways."""
    each = max(3, round(len(town.people) * 0.001))
    age, sex = town.person("age"), town.person("sex")
    alive = town.person("death") < 0
    use = np.bincount(town.base["person"].to_numpy(), minlength=len(age))
    for number, (clinic, store, diag) in OTHER_SEX.items():
        pool = np.flatnonzero((sex == number) & (age >= 20) & (age < 75) & alive & (use >= 2))
        _use(town, rng, _borrow(rng, pool, max(2, each // 2), use, dose), clinic, store, diag)
    adults = np.flatnonzero((age >= 24) & (age < 65) & alive & (use >= 2))
    _use(town, rng, _borrow(rng, adults, each, use, dose), "child", "s_child", "J06.900")
    dead = np.flatnonzero((town.person("death") >= 0) & (town.person("death") < town.days - 45))
    person = _borrow(rng, dead, each, use, dose)
    if len(person):
        after = town.person("death")[person] + 2
        day = after + (rng.random(len(person)) * (town.days - 1 - after)).astype(np.int64)
        _use(town, rng, person, "pressure", "s_heart", "I10.x00", day)
    _two_places(town, rng, _borrow(rng, adults, each, use, dose))


def _borrow(rng: Generator, pool: Ints, count: int, use: Ints, dose: float) -> Ints:
    """The lent cards, each repeated by its uses: up to a third of the holder's own care, at least two."""
    if len(pool) == 0:
        return pool
    person = rng.choice(pool, min(count, len(pool)), replace=False)
    times = 1 + np.ceil(np.minimum(use[person], 30) * rng.uniform(0.08, 0.3, len(person)) * dose).astype(np.int64)
    return np.repeat(person, np.maximum(2, times))


def _use(town: Town, rng: Generator, person: Ints, clinic: str, store: str, diag: str, day: Ints | None = None) -> None:
    n = len(person)
    if n == 0:
        return
    day = rng.integers(0, town.days, n) if day is None else day
    bought = rng.random(n) < 0.5
    code = town.cat.diagnosis[diag]
    dept = np.full(n, town.cat.diagnoses["department"][code])
    place = np.where(
        bought,
        town.choose_place(rng, person, dept, "store", 0.3),
        town.choose_place(rng, person, dept, "outpatient", 0.3),
    )
    doctor = np.where(bought, -1, town.choose_doctor(rng, place, dept))
    _write(
        town,
        rng,
        dict(
            person=person,
            place=place,
            doctor=doctor,
            dept=np.where(bought, -1, dept),
            diag=np.where(bought, -1, code),
            kind=np.where(bought, PURCHASE, OUTPATIENT),
            begin=town.at(rng, place, day),
            kit=np.where(bought, town.cat.kit(store), town.cat.kit(clinic)),
        ),
    )


def _two_places(town: Town, rng: Generator, person: Ints) -> None:
    """Another division's drugstore within minutes of the holder's own visit."""
    own = town.base.filter(pl.col("person").is_in(np.unique(person).tolist()) & (pl.col("end") - pl.col("begin") < DAY))
    own = own.filter(pl.Series(rng.random(len(own)) < 0.5)).group_by("person", maintain_order=True).head(4)
    if len(own) == 0:
        return
    division = town.place("division")[own["place"].to_numpy()]
    stores = np.flatnonzero(town.place("is_store"))
    far = town.place("division")[stores][None, :] != division[:, None]
    place = stores[np.argmax(rng.random(far.shape) * far, axis=1)]
    begin = own["begin"].to_numpy() + rng.integers(-1200, 1200, len(own))
    day = own["begin"].to_numpy() // DAY
    _write(
        town,
        rng,
        dict(
            person=own["person"].to_numpy(),
            place=place,
            kind=PURCHASE,
            kit=town.cat.kit("s_heart"),
            begin=np.clip(begin, day * DAY + 7 * 3600, day * DAY + 23 * 3600),
        ),
    )


def _write(town: Town, rng: Generator, columns: dict[str, Ints | int]) -> None:
    n = len(columns["person"])  # type: ignore[arg-type]
    begin = np.asarray(columns["begin"])
    visits = town.add_visits(**columns, end=begin + rng.integers(120, 2400, n), cert=rng.choice([1, 3], n))
    deeds = town.deed("card_lending", person=visits["person"].to_numpy())
    lines = outpatient_lines(town, rng, visits, strangers=True).join(
        pl.DataFrame({"visit": visits["visit"], "deed": deeds}), on="visit", maintain_order="left"
    )
    town.lines.append(lines.with_columns(plant="deed").drop("deed"))
