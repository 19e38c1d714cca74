"""Honest slips: a wrong sex code, a transfer on the day of discharge, lines dated late or charged twice."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate.care.charge import is_stay
from data.simulate.care.inpatient import stay_columns
from data.simulate.town.clock import DAY, day_weights, draw_days
from data.simulate.town.town import LINE, PURCHASE, Town, frame


def add(town: Town, rng: Generator) -> None:
    """Miscode the sex of a few persons and transfer a few others from a small hospital to a large one."""
    age, sex = town.person("age"), town.person("sex")
    wrong = rng.choice(len(age), max(2, len(age) // 1500), replace=False)
    coded = sex.copy()
    coded[wrong] = 3 - coded[wrong]
    town.people = town.people.with_columns(coded_sex=pl.Series(coded))
    town.confound("wrong_sex_code", "person", wrong)
    free = np.flatnonzero((age >= 60) & town.person("ordinary") & (town.person("death") < 0))
    person = rng.choice(free, max(2, len(age) // 1000), replace=False)
    n = len(person)
    day = draw_days(rng, day_weights(town.year, weekend=0.7, winter=1.2, festival=0.5), n)
    day = np.minimum(day, town.days - 40)
    first = rng.integers(1, 4, n)
    dept = np.full(n, town.cat.department["A03.04"])
    diag = np.full(n, town.cat.diagnosis["I63.900"])
    small = town.choose_place(rng, person, dept, "stays")
    large = rng.choice(town.where("city_general"), n)
    columns = stay_columns(town, rng, person, small, dept, diag, day, first)
    town.add_visits(**(columns | {"way": np.full(n, 2)}), fixed=1)
    later = stay_columns(town, rng, person, large, dept, diag, day + first, rng.integers(6, 16, n))
    later["begin"] = np.maximum(later["begin"], columns["end"] + 3600)
    town.add_visits(**later, fixed=1)
    town.confound("transfer", "person", person)


def after(town: Town, rng: Generator) -> None:
    """Slips in the fee lines of honest care."""
    _late(town, rng)
    _twice(town, rng)
    _wrong_card(town, rng)


def _late(town: Town, rng: Generator) -> None:
    """Date the last line of a few stays the day after discharge, as a slow ward does."""
    lines = town.base_lines
    stays = town.base.filter(is_stay() & (pl.col("way") != 5))
    slow = stays.filter(pl.Series(rng.random(len(stays)) < 0.004))
    last = lines.with_row_index("row").join(slow.select("visit", "end"), on="visit", maintain_order="left")
    last = last.group_by("visit", maintain_order=True).agg(pl.col("row", "end").last())
    at = lines["at"].to_numpy().copy()
    at[last["row"].to_numpy()] = (last["end"].to_numpy() // DAY + 1) * DAY + 9 * 3600
    town.base_lines = lines.with_columns(at=pl.Series(at))
    town.confound("line_after_discharge", "institution", slow["place"].to_numpy())


def _twice(town: Town, rng: Generator) -> None:
    """Charge a day's nursing or ward round twice, a handful of times anywhere."""
    daily = [town.cat.role[r] for r in ("nursing_2", "nursing_3", "ward_round")]
    own = town.base_lines.filter(pl.col("item").is_in(daily))
    slipped = own.filter(pl.Series(rng.random(len(own)) < 0.0008))
    town.base_lines = pl.concat([town.base_lines, slipped]).sort("visit", maintain_order=True)
    place = slipped.join(town.base.select("visit", "place"), on="visit", maintain_order="left")["place"]
    town.confound("charged_twice", "institution", place.to_numpy())


def _wrong_card(town: Town, rng: Generator) -> None:
    """A parent pays for the child's medicine with the parent's own card."""
    adult = (town.person("age") >= 24) & (town.person("age") < 50)
    visits = town.base.filter(pl.Series(adult[town.base["person"].to_numpy()]) & (pl.col("kind") == PURCHASE))
    slipped = visits.filter(pl.Series(rng.random(len(visits)) < 0.006))
    child = np.flatnonzero((town.cat.column("child_only") == 1) & (town.cat.column("catalogue_type") == "101"))
    if len(slipped) == 0:
        return
    lines = frame(
        LINE,
        {
            "visit": slipped["visit"].to_numpy(),
            "item": rng.choice(child, len(slipped)),
            "at": slipped["begin"].to_numpy(),
            "days": 5,
        },
    )
    town.base_lines = pl.concat([town.base_lines, lines]).sort("visit", maintain_order=True)
    town.confound("parent_buys", "person", slipped["person"].to_numpy())
