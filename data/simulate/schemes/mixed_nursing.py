"""Mixed nursing: a second grade of nursing, sometimes a third, charged beside the one that was given.

Imitates wards whose system posts a grade each evening by itself while the nurses book the ordered one, and hospitals
that put another grade on the bill and call it special care. Camouflage: only some wards and stays, evenings left
out, a grade that differs by stay, from some week on.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.care.charge import is_stay
from data.simulate.town.clock import DAY
from data.simulate.town.town import Town

SUBJECTS = ("institution",)
POOL = (
    "rehabilitation", "private_small", "private_general", "private_psychiatric", "nursing_hospital", "township",
    "district_general",
)  # fmt: skip
# What is posted beside the grade that was given: the usual one and the other.
BESIDE = {
    "nursing_1": ("nursing_2", "nursing_3"),
    "nursing_2": ("nursing_1", "nursing_3"),
    "nursing_3": ("nursing_2", "nursing_1"),
    "nursing_mind": ("nursing_2", "nursing_1"),
}


def plant(town: Town, rng: Generator, dose: float) -> None:
    """Post further grades at a few of the hospitals where nursing is a part of the bill that matters."""
    pool = deeds.busy(town, POOL, stays=8)
    for hospital in town.pick(rng, pool, deeds.quota(town)):
        # Nursing is five parts in a hundred of a hospital's bills, two at a township's: more cannot be had of it.
        limit = deeds.budget(town, rng, int(hospital), 0.03, 0.12, dose)
        stays = _wards(town, rng, int(hospital))
        lines = _posted(town, rng, stays)
        kept = deeds.within(town, stays.filter(pl.col("visit").is_in(lines["visit"].implode())), lines, limit)
        ids = town.deed("mixed_nursing", institution=kept["place"].to_numpy())
        deed = kept.select("visit", deed=pl.Series(ids))
        own = lines.join(deed, on="visit", maintain_order="left").filter(pl.col("deed").is_not_null())
        town.lines.append(own.with_columns(plant="deed").select(town.base_lines.columns))


def _wards(town: Town, rng: Generator, hospital: int) -> pl.DataFrame:
    """Stays in random order: of the wards that take part, since the system posts."""
    stays = town.base.filter(is_stay() & (pl.col("place") == hospital) & (pl.col("refund") == 0))
    dept, begin = stays["dept"].to_numpy(), stays["begin"].to_numpy()
    wards = np.unique(dept)
    joining = rng.permutation(wards)[: max(1, round(len(wards) * rng.uniform(0.6, 1.0)))]
    since = rng.integers(0, town.days // 4) * DAY
    part = np.isin(dept, joining) & (begin >= since) & (rng.random(len(stays)) < rng.uniform(0.6, 0.95))
    chosen = stays.filter(pl.Series(part)) if part.sum() > 1 else stays
    return chosen[rng.permutation(len(chosen))]


def _posted(town: Town, rng: Generator, stays: pl.DataFrame) -> pl.DataFrame:
    """The lines of the evening: on every day of some stays, on many of the others, by habit of the place."""
    n = len(stays)
    every, third = rng.random(n) < rng.uniform(0.3, 0.8), rng.random(n) < rng.uniform(0.0, 0.3)
    habit = stays.select(
        "visit",
        "end",
        often=pl.Series(np.where(every, 1.0, rng.uniform(0.35, 0.9, n))),
        rare=pl.Series(rng.random(n) < 0.3),
        third=pl.Series(third),
    )
    grades = pl.DataFrame(
        [[town.cat.role[role] for role in (given, *others)] for given, others in BESIDE.items()],
        schema=dict.fromkeys(("item", "usual", "other"), pl.Int64),
        orient="row",
    )
    booked = town.base_lines.filter((pl.col("plant") == 0) & (pl.col("cnt") > 0))
    booked = booked.join(habit, on="visit", maintain_order="left").filter(pl.col("often").is_not_null())
    booked = booked.join(grades, on="item", maintain_order="left").filter(pl.col("usual").is_not_null())
    booked = booked.filter(pl.Series(rng.random(len(booked))) < pl.col("often"))
    evening = booked["at"].to_numpy() // DAY * DAY + rng.integers(20 * 3600, 23 * 3600, len(booked))
    booked = booked.with_columns(at=pl.Series(np.minimum(evening, booked["end"].to_numpy())))
    first = pl.when("rare").then("other").otherwise("usual")
    second = pl.when("rare").then("usual").otherwise("other")
    return pl.concat([booked.with_columns(item=first), booked.filter("third").with_columns(item=second)])
