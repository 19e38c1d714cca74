"""Sessions not given: dialysis charged for persons who did not come, on cards that lie at the desk.

Imitates centres that keep the cards of their patients, and those of persons won with rides and presents, and write
sessions at a few sittings of the desk until there are more than the machines can have done. Camouflage: the
patients' real sessions, ordinary hours and items, some cards left out each time, sittings of one season.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.care.charge import outpatient_lines
from data.simulate.town.catalogue import Flags, Ints
from data.simulate.town.clock import DAY, weekdays
from data.simulate.town.town import CHRONIC, OUTPATIENT, Town

SUBJECTS = ("institution",)


def plant(town: Town, rng: Generator, dose: float) -> None:
    """Write sessions at a few of the places that dialyse."""
    given = town.base.filter(pl.col("kit").is_in(town.cat.kits_like("dialysis_").tolist()) & (pl.col("refund") == 0))
    pool = np.unique(given["place"].to_numpy())
    for centre in town.pick(rng, pool, deeds.quota(town)):
        here = given.filter(pl.col("place") == centre)
        limit = min(
            deeds.budget(town, rng, int(centre), 0.08, 0.30, dose),
            # A hospital is more than its dialysis.
            int(_earned(town, here) * rng.uniform(0.3, 0.7) * dose),
        )
        visits = _sessions(town, rng, int(centre), here, given)
        lines = outpatient_lines(town, rng, visits)
        kept = deeds.within(town, visits, lines, limit)
        deeds.plant(town, "sessions_not_given", kept, lines, "institution")


def _earned(town: Town, visits: pl.DataFrame) -> float:
    lines = town.base_lines.filter(pl.col("visit").is_in(visits["visit"].implode()))
    return float(deeds.cents(town, visits, lines).sum())


def _cards(town: Town, rng: Generator, centre: int, own: Ints, given: pl.DataFrame) -> tuple[Ints, Flags]:
    """Whose cards lie there, and whether they are registered: the patients, some of other centres, neighbours."""
    patients = np.setdiff1d(given["person"].to_numpy(), own)
    guests = rng.permutation(patients)[: round(len(own) * rng.uniform(0.0, 0.5))]
    brought = deeds.neighbours(town, rng, centre, max(2, round(len(own) * rng.uniform(0.4, 2.5))), 42, 80)
    brought = np.setdiff1d(brought, given["person"].to_numpy())
    person = np.concatenate([own, guests, brought])
    return person, np.arange(len(person)) < len(own) + len(guests)


def _sessions(town: Town, rng: Generator, centre: int, here: pl.DataFrame, given: pl.DataFrame) -> pl.DataFrame:
    """Sittings in random order, each with the cards run at it, none of a person who was there that day."""
    person, registered = _cards(town, rng, centre, np.unique(here["person"].to_numpy()), given)
    season, first = int(rng.integers(60, 200)), int(rng.integers(20, 150))
    working = np.flatnonzero((weekdays(town.year) < 6) & (np.arange(town.days) >= first))
    working = working[working < first + season]
    sittings = rng.permutation(working)[: int(rng.integers(15, 70))]
    row, nth = np.nonzero(rng.random((len(person), len(sittings))) < rng.uniform(0.5, 0.95))
    order = np.argsort(nth, kind="stable")
    row, day = row[order], sittings[nth[order]]
    seen = here["person"].to_numpy() * 1000 + here["begin"].to_numpy() // DAY
    absent = ~np.isin(person[row] * 1000 + day, seen)
    row, day = row[absent], day[absent]
    n = len(row)
    begin = day * DAY + np.where(rng.random(n) < 0.55, 7.5, 12.6) * 3600 + rng.normal(0, 1500, n)
    kits = town.cat.kits_like("dialysis_")
    dept = np.full(n, town.cat.department["A03.07"])
    chronic = town.cat.chronic["code"].to_list().index("M07801")
    return town.new_visits(
        person=person[row],
        place=centre,
        doctor=town.choose_doctor(rng, np.full(n, centre), dept),
        dept=dept,
        diag=town.cat.diagnosis["N18.501"],
        kind=np.where(registered[row], CHRONIC, OUTPATIENT),
        begin=begin.astype(np.int64),
        end=(begin + rng.normal(4.2, 0.2, n) * 3600).astype(np.int64),
        chronic=np.where(registered[row], chronic, -1),
        kit=kits[rng.choice(3, n, p=[0.8, 0.12, 0.08])],
        consult=0,
        cert=3,
        absent=1,
    )
