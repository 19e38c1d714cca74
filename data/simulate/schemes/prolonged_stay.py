"""Prolonged stays: people who are well stay on where the fund pays by the day.

Imitates psychiatric and nursing hospitals paid a rate for each bed-day that keep people weeks longer than needed,
with little done on the days gained. Camouflage: only some stays, weeks that differ, the usual light routine goes on.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.care.charge import hotel_lines, is_stay
from data.simulate.town.clock import DAY
from data.simulate.town.town import LINE, Town, frame

SUBJECTS = ("institution", "practitioner")
POOL = ("psychiatric", "private_psychiatric", "nursing_hospital", "rehabilitation")
ROUTINE = {
    "psychiatric": ("003115030160000", "003115030280000"), "private_psychiatric": ("003115030160000",),
    "nursing_hospital": ("001201000140100",), "rehabilitation": ("003401000010000", "003402000200000"),
}  # fmt: skip


def plant(town: Town, rng: Generator, dose: float) -> None:
    """Prolong stays at a few of the hospitals that live on bed-days."""
    pool = deeds.busy(town, POOL, stays=4)
    for hospital in town.pick(rng, pool, deeds.quota(town)):
        limit = deeds.budget(town, rng, int(hospital), 0.08, 0.26, dose)
        stays = town.base.filter(is_stay() & (pl.col("place") == hospital) & (pl.col("refund") == 0))
        stays = stays.filter((pl.col("way") != 5) & (pl.col("end") < (town.days - 12) * DAY))
        alive = town.person("death")[stays["person"].to_numpy()] < 0
        stays = stays.filter(pl.Series(alive))
        _prolong(town, rng, stays[rng.permutation(len(stays))], limit)


def _prolong(town: Town, rng: Generator, stays: pl.DataFrame, limit: int) -> None:
    begin, end = (stays[c].to_numpy() // DAY for c in ("begin", "end"))
    more = np.rint((end - begin) * rng.uniform(0.3, 0.9, len(stays))).astype(np.int64)
    more = np.minimum(np.maximum(4, more), town.days - 2 - end)
    fits = (more >= 4) & deeds.free(town, stays["person"].to_numpy(), end + 1, more)
    stays, more, end = stays.filter(pl.Series(fits)), more[fits], end[fits]
    if len(stays) == 0:
        return
    # The days gained, as if they were a stay of their own, then charged to the stay they prolong.
    gained = stays.with_columns(
        begin=pl.Series(end * DAY + 7 * 3600), end=pl.Series((end + more) * DAY) + pl.col("end") % DAY
    )
    lines = pl.concat([hotel_lines(town, rng, gained), _routine(town, rng, gained, more)])
    kept = deeds.within(town, gained, lines, limit)
    ids = town.deed("prolonged_stay", institution=kept["place"].to_numpy(), practitioner=kept["doctor"].to_numpy())
    deed = kept.select("visit", deed=pl.Series(ids))
    own = lines.join(deed, on="visit", maintain_order="left").filter(pl.col("deed").is_not_null())
    town.lines.append(own.with_columns(plant="deed").select(town.base_lines.columns))
    later = town.base.select("visit").join(
        kept.select("visit", until="end"), on="visit", how="left", maintain_order="left"
    )
    town.base = town.base.with_columns(end=pl.coalesce(later["until"], pl.col("end")))


def _routine(town: Town, rng: Generator, gained: pl.DataFrame, more: np.ndarray) -> pl.DataFrame:
    """What is done on two of three of the days gained."""
    kind = town.places["kind"][int(gained["place"][0])]
    items = deeds.codes(town, ROUTINE[kind])
    row = np.repeat(np.arange(len(gained)), more)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(more) - more, more)
    done = rng.random(len(row)) < 0.66
    row, nth = row[done], nth[done]
    day = gained["begin"].to_numpy()[row] // DAY + nth
    at = np.minimum(day * DAY + rng.integers(8 * 3600, 11 * 3600, len(row)), gained["end"].to_numpy()[row])
    return frame(
        LINE,
        {
            "visit": gained["visit"].to_numpy()[row],
            "item": items[rng.integers(0, len(items), len(row))],
            "at": np.maximum(at, gained["begin"].to_numpy()[row]),
        },
    )
