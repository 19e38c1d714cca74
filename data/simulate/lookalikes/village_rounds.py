"""Village rounds: the chronically ill of a village follow one doctor through the same two or three places.

The doctor of a health centre holds a day a week at each of them, is filed for all of them, and writes what is common
for pressure, sugar and the heart; who fetches drugs at a drugstore fetches them at the one beside.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.town.catalogue import Ints
from data.simulate.town.clock import DAY, weekdays
from data.simulate.town.people import VILLAGE
from data.simulate.town.places import STORE
from data.simulate.town.town import CHRONIC, Town

STATIONS = ("village", "clinic", "community", "township")


def after(town: Town, rng: Generator) -> None:
    """One village for every ten thousand persons: what its registered fetch anyway, they fetch from this doctor."""
    served: set[int] = set()
    for _ in range(max(1, len(town.people) // 10_000)):
        villagers = _villagers(town, rng)
        doctor = _doctor(town, rng, town.person("division")[villagers[0]], served)
        served.add(doctor)
        home = int(town.doctors["place"][doctor])
        stations = _stations(town, rng, home)
        day_of = rng.permutation(6)[: len(stations)]
        moved = _fetched(town, rng, villagers, stations, day_of, doctor)
        _stand_in(town, rng, doctor, home, day_of[1:])
        _move(town, rng, moved)
        town.confound("village_rounds", "person", moved["person"].to_numpy())
        town.confound("village_rounds", "practitioner", [doctor])


def _villagers(town: Town, rng: Generator) -> Ints:
    """The households of one of the larger villages or quarters, by how many in them are registered for a disease."""
    unit, household = town.person("employer"), town.person("household")
    able = (town.person("death") < 0) & town.person("ordinary")
    able[town.statuses["person"].to_numpy()] = False
    ill = np.unique(pl.concat(town.registrations)["person"].to_numpy())
    village, count = np.unique(unit[ill[(unit[ill] >= VILLAGE) & able[ill]]], return_counts=True)
    chosen = rng.choice(village[count >= np.median(count)])
    return np.flatnonzero(np.isin(household, household[unit == chosen]) & able)


def _doctor(town: Town, rng: Generator, division: int, served: set[int]) -> int:
    """An internist of a health centre, of the division if there is one, who has a colleague to stand in.

    The doctor is filed for several places from now on.
    """
    internal = town.cat.departments["code"].str.contains("^A02|^A03").to_numpy()
    posts = town.doctors.with_columns(row=pl.int_range(pl.len(), dtype=pl.Int64))
    fit = pl.Series(internal[posts["dept"].to_numpy()]) & posts["place"].is_in(town.where("community", "township"))
    own = posts.filter(fit & (pl.len().over("place", "dept") > 1) & ~pl.col("row").is_in(list(served)))
    near = own.filter(pl.Series(town.place("division")[own["place"].to_numpy()] == division))
    chosen = int(rng.choice((near if near.height else own)["row"].to_numpy()))
    several = town.doctors["several"].to_numpy().copy()
    several[chosen] = True
    town.doctors = town.doctors.with_columns(several=pl.Series(several))
    return chosen


def _stations(town: Town, rng: Generator, home: int) -> Ints:
    """The health centre and one or two small places, those of its division first."""
    others = rng.permutation(np.setdiff1d(town.where(*STATIONS), [home]))
    far = town.place("division")[others] != town.place("division")[home]
    return np.concatenate([[home], others[np.argsort(far, kind="stable")][: int(rng.integers(1, 3))]])


def _fetched(town: Town, rng: Generator, villagers: Ints, stations: Ints, day_of: Ints, doctor: int) -> pl.DataFrame:
    """The villagers' own regular fills that move to the rounds, with their new place, day and practitioner."""
    regular = (pl.col("kind") == CHRONIC) & (pl.col("registered") >= 0) & pl.col("person").is_in(villagers)
    own = town.base.filter(regular)
    own = own.filter(pl.Series(rng.random(own.height) < 0.85))
    n = own.height
    turn = rng.integers(0, len(stations), n)
    old = own["begin"].to_numpy() // DAY
    # The nearest day of the station's week, before or after.
    day = old + (day_of[turn] - weekdays(town.year)[old] + 3) % 7 - 3
    stores = town.where(STORE)
    beside = stores[town.place("division")[stores] == town.place("division")[stations[0]]]
    at_store = town.place("is_store")[own["place"].to_numpy()]
    place = np.where(at_store, rng.choice(beside if len(beside) else stores), stations[turn])
    moved = own.with_columns(
        place=pl.Series(place),
        day=pl.Series(np.clip(day, 0, town.days - 1)),
        doctor=pl.lit(doctor, dtype=pl.Int64),
        dept=pl.Series(np.where(at_store, -1, town.doctors["dept"][doctor])),
    )
    begin = town.at(rng, place, moved["day"].to_numpy())
    moved = moved.with_columns(begin=pl.Series(begin), end=pl.Series(begin + rng.integers(300, 2400, n)))
    return moved.filter(_possible(town, moved) & pl.Series((day >= 0) & (day < town.days)))


def _possible(town: Town, moved: pl.DataFrame) -> pl.Series:
    """Whether the person is not in bed, is seen nowhere else that day, and once only by this doctor."""
    free = deeds.free(town, moved["person"].to_numpy(), moved["day"].to_numpy(), np.zeros(moved.height, dtype=np.int64))
    others = town.base.join(moved.select("visit"), on="visit", how="anti")
    seen = others.select("person", day=pl.col("begin") // DAY).unique().with_columns(busy=True)
    busy = moved.join(seen, on=["person", "day"], how="left", maintain_order="left")["busy"].fill_null(False)
    once = moved.select(pl.struct("person", "day").is_first_distinct()).to_series()
    return once & pl.Series(free) & ~busy


def _stand_in(town: Town, rng: Generator, doctor: int, home: int, away: Ints) -> None:
    """Colleagues of the department see the doctor's other patients at home on the days of the rounds."""
    dept = town.doctors["dept"][doctor]
    staff = (town.doctors["place"].to_numpy() == home) & (town.doctors["dept"].to_numpy() == dept)
    colleagues = np.setdiff1d(np.flatnonzero(staff), [doctor])
    day = weekdays(town.year)[np.clip(town.base["begin"].to_numpy() // DAY, 0, town.days - 1)]
    named = town.base["doctor"].to_numpy()
    instead = np.where((named == doctor) & np.isin(day, away), rng.choice(colleagues, len(named)), named)
    town.base = town.base.with_columns(doctor=pl.Series(instead))


def _move(town: Town, rng: Generator, moved: pl.DataFrame) -> None:
    """Put the moved visits in the place of what they were; their lines go with them."""
    columns = ["place", "doctor", "dept", "begin", "end"]
    town.base = town.base.update(moved.select("visit", *columns), on="visit")
    lines = town.base_lines.join(
        moved.select("visit", "begin", "end", "doctor"), on="visit", how="left", maintain_order="left"
    )
    waited = pl.Series(rng.random(lines.height)) * (pl.col("end") - pl.col("begin"))
    role = town.cat.role
    hospital = pl.col("item").is_in([role["visit_plain"], role["visit_expert"]]) & pl.col("begin").is_not_null()
    lines = lines.with_columns(
        at=pl.coalesce(pl.col("begin") + waited.cast(pl.Int64), "at"),
        item=pl.when(hospital).then(role["visit_general"]).otherwise("item").cast(pl.Int64),
    )
    town.base_lines = lines.select(town.base_lines.columns)
