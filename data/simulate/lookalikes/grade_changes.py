"""Changes of the nursing grade: the first grade after admission, then the second, and the third before going home."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate.care.charge import is_stay
from data.simulate.deeds import busy
from data.simulate.town.clock import DAY
from data.simulate.town.town import Town

POOL = ("private_general", "private_small", "district_general", "rehabilitation", "tcm_hospital", "township")


def after(town: Town, rng: Generator) -> None:
    """One hospital for every forty thousand persons writes every change; most charge both grades on its day."""
    pool = np.setdiff1d(busy(town, POOL, stays=12), list(town.taken.get("places", ())))
    places = rng.choice(pool, min(len(pool), 1 + len(town.people) // 40_000), replace=False)
    for place in places:
        _change(town, rng, int(place), rng.uniform(0.4, 0.9))
    town.spare(places)
    town.confound("grade_changes", "institution", places)


def _change(town: Town, rng: Generator, place: int, share: float) -> None:
    """Give the days of many stays the grade of the day; the old grade of a day of change is charged beside the new."""
    first, second, third = (town.cat.role[f"nursing_{n}"] for n in (1, 2, 3))
    stays = town.base.filter(is_stay() & (pl.col("place") == place))
    nights = (stays["end"] // DAY - stays["begin"] // DAY).to_numpy()
    n = len(stays)
    ill = 1 + (rng.random(n) ** 2 * np.minimum(5, nights - 2)).astype(np.int64)
    well = np.where(rng.random(n) < 0.35, np.maximum(ill + 2, nights - rng.integers(2, 5, n)), nights)
    course = stays.select("visit", from_day=pl.col("begin") // DAY, ill=pl.Series(ill), well=pl.Series(well))
    course = course.filter(pl.Series((nights >= 3) & (rng.random(n) < share)))
    lines = town.base_lines.join(course, on="visit", how="left", maintain_order="left")
    graded = pl.col("ill").is_not_null() & pl.col("item").is_in([first, second, third])
    day = pl.col("at") // DAY - pl.col("from_day")
    grade = pl.when(day < pl.col("ill")).then(first).when(day < pl.col("well")).then(second).otherwise(third)
    lines = lines.with_columns(item=pl.when(graded).then(grade).otherwise("item").cast(pl.Int64), day=day)
    both = rng.random() < 0.8
    days = lines.filter(graded & pl.lit(both))
    changed = [
        days.filter(pl.col("day") == pl.col(when)).with_columns(item=pl.lit(old, dtype=pl.Int64))
        for when, old in (("ill", first), ("well", second))
    ]
    town.base_lines = pl.concat([lines, *changed]).select(town.base_lines.columns)
