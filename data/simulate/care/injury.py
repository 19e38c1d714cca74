"""Injuries of which other departments know that somebody else owes the treatment: a stay for some, then dressings."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.care.charge import is_stay, outpatient_lines, stay_lines
from data.simulate.care.inpatient import lengths, stay_columns
from data.simulate.town.catalogue import Ints
from data.simulate.town.clock import DAY
from data.simulate.town.town import OUTPATIENT, Town

LIABLE = ("work_injury", "third_party")
INJURIES = ("T14.100", "S93.400", "S52.500", "S82.200")


def owed(town: Town) -> pl.DataFrame:
    """The registered injuries of the year (person, kind, begin, end), one a person."""
    known = town.statuses.filter(
        pl.col("kind").is_in(LIABLE) & (pl.col("begin") >= 0) & (pl.col("end") < town.days - 9)
    )
    return known.unique("person", keep="first", maintain_order=True)


def treat(
    town: Town, rng: Generator, chosen: pl.DataFrame, dose: float, third: int = 0
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The visits and lines of injuries (person, begin, end): a stay for some, then dressings; `third` is the mark."""
    person, begin = chosen["person"].to_numpy(), chosen["begin"].to_numpy()
    n = len(person)
    diag = deeds.diagnoses(town, INJURIES)[rng.integers(0, len(INJURIES), n)]
    dept = town.cat.diagnoses["department"].to_numpy()[diag]
    place = town.choose_place(rng, person, dept, "stays", 0.3)
    length = np.clip(np.rint(lengths(town, rng, place, diag) * dose), 1, 40).astype(np.int64)
    kept_in = (rng.random(n) < 0.6) & deeds.free(town, person, begin, length) & (begin + length < town.days - 1)
    columns = stay_columns(town, rng, person, place, dept, diag, begin, length)
    stays = town.new_visits(**{k: v[kept_in] for k, v in columns.items()}, third=third)
    times = np.maximum(1, np.rint(rng.integers(2, 8, n) * dose)).astype(np.int64)
    row: Ints = np.repeat(np.arange(n), times)
    day = begin[row] + np.where(kept_in, length + 1, 0)[row] + (rng.random(len(row)) ** 1.5 * 45).astype(np.int64)
    moment = town.at(rng, place[row], np.minimum(day, town.days - 2))
    dressings = town.new_visits(
        person=person[row],
        place=place[row],
        doctor=town.choose_doctor(rng, place[row], dept[row]),
        dept=dept[row],
        diag=diag[row],
        kind=OUTPATIENT,
        begin=moment,
        end=moment + rng.integers(400, 3600, len(row)),
        kit=town.cat.kit("wound"),
        third=third,
        cert=rng.choice([1, 3], len(row)),
    )
    dressings = _up(town, dressings, stays)
    lines = pl.concat([outpatient_lines(town, rng, dressings), stay_lines(town, rng, stays)])
    return pl.concat([stays, dressings]), lines


def _up(town: Town, visits: pl.DataFrame, stays: pl.DataFrame) -> pl.DataFrame:
    """The visits of persons who are not in bed that day."""
    own = pl.concat(
        [town.base.filter(is_stay()).select("person", "begin", "end"), stays.select("person", "begin", "end")]
    )
    abed = visits.select("visit", "person", at="begin").join(own, on="person")
    abed = abed.filter((pl.col("at") < pl.col("end") + DAY) & (pl.col("at") > pl.col("begin") - DAY))
    return visits.join(abed, on="visit", how="anti", maintain_order="left")
