"""A village doctor's telephone: old neighbours without one leave the doctor's number, and come for their pressure.

They are of many households, go to the one village clinic for pressure and sugar month after month, and are called
through the doctor.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.care.charge import outpatient_lines
from data.simulate.town.catalogue import Ints
from data.simulate.town.clock import DAY
from data.simulate.town.town import OUTPATIENT, Town

REGISTERED = ("M03900", "M01600")
COMPLAINTS = ("I10.x00", "E11.900")


def after(town: Town, rng: Generator) -> None:
    """One village clinic for every twenty thousand persons."""
    count = max(1, len(town.people) // 20_000)
    pool = town.where("village")
    for place in rng.choice(pool, min(count, len(pool)), replace=False):
        doctor = int(rng.choice(np.flatnonzero(town.doctors["place"].to_numpy() == place)))
        # The doctor is insured like anybody; the number is that of a row of the persons.
        near = town.person("division") == town.place("division")[place]
        age = town.person("age")
        own = int(rng.choice(np.flatnonzero(near & (age >= 28) & (age < 66) & (town.person("death") < 0))))
        old = _neighbours(town, rng, near)
        _come(town, rng, int(place), doctor, own, old)
        known = (pl.col("place") == place) & pl.col("person").is_in(old)
        town.base = town.base.with_columns(caller=pl.when(known).then(own).otherwise("caller").cast(pl.Int64))
        town.spare(place)
        town.confound("village_phone", "institution", [place])
        town.confound("village_phone", "practitioner", [doctor])
        town.confound("village_phone", "person", old)


def _neighbours(town: Town, rng: Generator, near: Ints) -> Ints:
    """Old persons, one a household, who get none of these drugs by a registration."""
    table = town.cat.chronic["code"].to_list()
    held = pl.concat(town.registrations).filter(pl.col("chronic").is_in([table.index(c) for c in REGISTERED]))
    fit = near & (town.person("age") >= 68) & (town.person("death") < 0) & town.person("ordinary")
    fit[np.union1d(held["person"].to_numpy(), town.statuses["person"].to_numpy())] = False
    drawn = rng.permutation(np.flatnonzero(fit))
    _, first = np.unique(town.person("household")[drawn], return_index=True)
    return np.asarray(drawn[np.sort(first)][: int(rng.integers(9, 27))], dtype=np.int64)


def _come(town: Town, rng: Generator, place: int, doctor: int, number: int, old: Ints) -> None:
    """Each comes about monthly for one complaint, some months not."""
    every = rng.integers(26, 40, len(old))
    month, row = np.nonzero(rng.random((13, len(old))) < 0.85)
    day = rng.integers(0, 28, len(old))[row] + month * every[row] + rng.integers(-3, 4, len(row))
    row, day = row[(day >= 0) & (day < town.days)], day[(day >= 0) & (day < town.days)]
    n = len(row)
    fit = deeds.free(town, old[row], day, np.zeros(n, dtype=np.int64))
    seen = town.base.filter(pl.col("person").is_in(old)).select("person", day=pl.col("begin") // DAY)
    busy = (
        pl.DataFrame({"person": old[row], "day": day})
        .join(seen.unique().with_columns(busy=True), on=["person", "day"], how="left", maintain_order="left")["busy"]
        .fill_null(False)
    )
    sugar = (rng.random(len(old)) < 0.25).astype(np.int64)
    diag = deeds.diagnoses(town, COMPLAINTS)[sugar][row]
    begin = town.at(rng, np.full(n, place), day)
    visits = town.new_visits(
        person=old[row],
        place=place,
        doctor=doctor,
        dept=town.doctors["dept"][doctor],
        diag=diag,
        kind=OUTPATIENT,
        begin=begin,
        end=begin + rng.integers(300, 1800, n),
        kit=town.cat.diagnoses["op_kit"].to_numpy()[diag],
        caller=number,
        cert=3,
    ).filter(pl.Series(fit) & ~busy)
    town.add_honest(visits, _for_a_month(town, outpatient_lines(town, rng, visits)))


def _for_a_month(town: Town, lines: pl.DataFrame) -> pl.DataFrame:
    """As many boxes as last until the next visit, no more."""
    pack = pl.Series(town.cat.column("pack_days")[lines["item"].to_numpy()])
    boxes = (28 / pack).round().clip(1, 4).cast(pl.Int64)
    return lines.with_columns(
        cnt=pl.when(pack > 0).then(boxes).otherwise("cnt"), days=pl.when(pack > 0).then(boxes * pack).otherwise("days")
    )
