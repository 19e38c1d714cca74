"""Pushed out: the severely ill are sent home before they are well, and taken in again for a second payment.

Imitates hospitals paid by the case that end a dear stay when its payment is used up and open another one some days
later, for what is left of the treatment. Nothing is done that the illness did not need; it is paid twice. Camouflage:
the treatment goes on where it stopped, gaps that differ, often the accompanying illness as the new reason, part of
the severely ill only.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.town.catalogue import Floats, Ints
from data.simulate.town.clock import DAY
from data.simulate.town.town import STAY, Town

SUBJECTS = ("institution",)
POOL = ("district_general", "private_general", "tcm_hospital", "rehabilitation")
BY_THE_CASE = 4


def plant(town: Town, rng: Generator, dose: float) -> None:
    """Cut dear stays of a few hospitals in two."""
    pool = deeds.busy(town, POOL, stays=12)
    for hospital in town.pick(rng, pool, deeds.quota(town)):
        limit = deeds.budget(town, rng, int(hospital), 0.06, 0.24, dose)
        stays = town.base.filter(
            (pl.col("place") == hospital) & (pl.col("kind") == STAY) & (pl.col("clearing") == BY_THE_CASE)
            & (pl.col("fixed") == 0) & (pl.col("refund") == 0) & (pl.col("way") != 5)
            & (pl.col("end") // DAY - pl.col("begin") // DAY >= 5)
        )  # fmt: skip
        if len(stays):
            _cut(town, rng, _dear(town, rng, int(hospital), stays), limit)


def _dear(town: Town, rng: Generator, place: int, stays: pl.DataFrame) -> pl.DataFrame:
    """The stays in an order that has most of the dear ones first, each with the cut and the gap after it."""
    rows = deeds.base_rows(town, stays)
    row = np.searchsorted(stays["visit"].to_numpy(), town.base_lines["visit"].to_numpy()[rows])
    cost: Floats = np.zeros(len(stays))
    np.add.at(cost, row, deeds.base_cents(town, place, rows))
    order = np.argsort(-cost * rng.lognormal(0, 0.3, len(stays)), kind="stable")
    length = (stays["end"] // DAY - stays["begin"] // DAY).to_numpy()
    cut = stays["begin"].to_numpy() // DAY + np.maximum(2, np.rint(length * rng.uniform(0.35, 0.65, len(stays))))
    gap = 1 + rng.poisson(rng.uniform(2, 7), len(stays))
    return stays.with_columns(cut=pl.Series(cut.astype(np.int64)), gap=pl.Series(gap.astype(np.int64)))[order]


def _cut(town: Town, rng: Generator, stays: pl.DataFrame, limit: int) -> None:
    """End the stays on the day of the cut and move what came after it to a stay that begins after the gap."""
    stays = _possible(town, stays.filter(pl.Series(rng.random(len(stays)) < 0.85)))
    rows = deeds.base_rows(town, stays)
    lines = town.base_lines[rows].select("visit", "at").with_columns(row=pl.Series(rows))
    lines = lines.join(stays.select("visit", "cut", "gap"), on="visit").sort("visit", "at", "row")
    later = lines.filter(pl.col("at") // DAY >= pl.col("cut"))
    kept = deeds.within(town, stays, town.base_lines[later["row"].to_numpy()], limit)
    kept = kept.filter(pl.col("visit").is_in(later["visit"].implode())).sort("visit")
    if len(kept) == 0:
        return
    back = _again(town, rng, kept)
    ids = town.deed("pushed_out", institution=kept["place"].to_numpy())
    town.visits.append(back)
    # The last line before the cut is part of the deed as well: it is the day on which the person had to go.
    last = lines.filter(pl.col("at") // DAY < pl.col("cut")).group_by("visit", maintain_order=True).last()
    moved = kept.select("visit", deed=pl.Series(ids), again=back["visit"], comes=back["begin"])
    later, last = (moved.join(part, on="visit", maintain_order="left_right") for part in (later, last))
    deeds.mark(town, last["row"].to_numpy(), last["deed"].to_numpy())
    deeds.mark(
        town,
        later["row"].to_numpy(),
        later["deed"].to_numpy(),
        visit=later["again"].to_numpy(),
        at=np.maximum(later["comes"].to_numpy(), later["at"].to_numpy() + later["gap"].to_numpy() * DAY),
    )
    hour: Ints = rng.integers(9 * 3600, 16 * 3600, len(kept))
    ends = kept.select("visit", until=pl.col("cut") * DAY + pl.Series(hour))
    ends = town.base.select("visit").join(ends, on="visit", how="left", maintain_order="left")
    town.base = town.base.with_columns(end=pl.coalesce(ends["until"], pl.col("end")))


def _possible(town: Town, stays: pl.DataFrame) -> pl.DataFrame:
    """Stays that can end later by the gap: within the year, the person alive and nowhere else by then."""
    moved = stays.with_columns(
        back=(pl.col("cut") + pl.col("gap")) * DAY, left=pl.col("end") + (pl.col("gap") + 1) * DAY
    )
    others = town.base.select("person", other="visit", other_begin="begin", other_end="end")
    hit = moved.join(others, on="person").filter(
        (pl.col("other") != pl.col("visit")) & (pl.col("other_begin") < pl.col("left"))
        & (pl.col("other_end") > pl.col("back"))
    )  # fmt: skip
    alive = pl.Series(town.person("death")[stays["person"].to_numpy()] < 0)
    fits = alive & (moved["left"] < (town.days - 1) * DAY) & ~stays["person"].is_in(town.statuses["person"].implode())
    return stays.filter(fits & ~stays["visit"].is_in(hit["visit"].implode()))


def _again(town: Town, rng: Generator, stays: pl.DataFrame) -> pl.DataFrame:
    """The second stay of each of these."""
    n = len(stays)
    begin = (stays["cut"] + stays["gap"]).to_numpy() * DAY + rng.integers(8 * 3600, 17 * 3600, n)
    diag, second = stays["diag"].to_numpy(), stays["diag2"].to_numpy()
    swapped = (second >= 0) & (rng.random(n) < 0.4)
    other = town.choose_doctor(rng, stays["place"].to_numpy(), stays["dept"].to_numpy())
    columns = {name: stays[name].to_numpy() for name in town.base.columns if name != "visit"}
    columns |= {
        "begin": begin,
        "end": stays["end"].to_numpy() + stays["gap"].to_numpy() * DAY,
        "doctor": np.where(rng.random(n) < 0.7, stays["doctor"].to_numpy(), other),
        "diag": np.where(swapped, second, diag),
        "diag2": np.where(swapped, diag, second),
        "oprn": np.full(n, -1),
    }
    return town.new_visits(**columns)
