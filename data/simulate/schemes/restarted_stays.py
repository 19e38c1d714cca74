"""Restarted stays: long bed-day stays are ended and begun anew on paper, while nobody leaves the bed.

Imitates psychiatric and nursing hospitals that keep each stay below the day from which a long one is paid less, or
take the payment of an admission again and again. Camouflage: pieces of differing length, hours or a night between
them, part of the persons only, the others stay as they are.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.care.charge import is_stay
from data.simulate.town.catalogue import Floats, Ints
from data.simulate.town.clock import DAY
from data.simulate.town.town import Town

SUBJECTS = ("institution",)
POOL = ("psychiatric", "private_psychiatric", "nursing_hospital")
BY_THE_DAY = 5


def plant(town: Town, rng: Generator, dose: float) -> None:
    """Restart the stays of a few of the places that are paid by the day."""
    long = town.base.filter(
        is_stay() & (pl.col("clearing") == BY_THE_DAY) & (pl.col("refund") == 0) & (pl.col("way") != 5)
        & (pl.col("end") // DAY - pl.col("begin") // DAY >= 50)
    )  # fmt: skip
    pool = np.intersect1d(long["place"].unique().to_numpy(), town.where(*POOL))
    for hospital in town.pick(rng, pool, deeds.quota(town)):
        own = long.filter(pl.col("place") == hospital)
        _restart(town, rng, own, deeds.budget(town, rng, int(hospital), 0.08, 0.30, dose))


def _restart(town: Town, rng: Generator, stays: pl.DataFrame, limit: int) -> None:
    """Cut the stays, latest pieces first, until what the pieces cost makes the limit."""
    stays = stays[rng.permutation(len(stays))]
    n = len(stays)
    rows = deeds.base_rows(town, stays)
    visit, at = (town.base_lines[c].to_numpy()[rows] for c in ("visit", "at"))
    order = np.argsort(stays["visit"].to_numpy())
    of = order[np.searchsorted(stays["visit"].to_numpy()[order], visit)]
    piece = rng.integers(19, 30, n)
    nth = (at // DAY - stays["begin"].to_numpy()[of] // DAY) // piece[of]
    cost = deeds.base_cents(town, int(stays["place"][0]), rows)
    first = _first_cut(of, nth, cost, n, limit)
    moved = nth >= first[of]
    rows, of, nth, at = rows[moved], of[moved], nth[moved], at[moved]
    key, which = np.unique(of * 1_000 + nth, return_inverse=True)
    whose, turn = np.divmod(key, 1_000)
    begun, ended = _hours(town, rng, stays, whose, turn, piece[whose])
    columns = {name: stays[name].to_numpy()[whose] for name in town.base.columns if name != "visit"}
    made = town.new_visits(**(columns | {"begin": begun, "end": ended, "interim": np.zeros(len(key))}))
    ids = town.deed("restarted_stays", institution=made["place"].to_numpy())
    town.visits.append(made)
    deeds.mark(town, rows, ids[which], visit=made["visit"].to_numpy()[which], at=np.maximum(at, begun[which]))
    _shorten(town, rng, stays, first, piece, np.unique(whose), ids[np.searchsorted(whose, np.unique(whose))])


def _first_cut(of: Ints, nth: Ints, cost: Floats, count: int, limit: int) -> Ints:
    """From which piece on each stay is begun anew: the last pieces of the first stays, as far as the limit goes."""
    pieces = pl.DataFrame({"of": of, "nth": nth, "cost": cost}).group_by("of", "nth").agg(pl.col("cost").sum())
    pieces = pieces.filter(pl.col("nth") > 0).sort("of", "nth", descending=[False, True])
    within = pieces["cost"].cum_sum() <= limit
    within[0] = True
    taken = pieces.filter(within).group_by("of").agg(pl.col("nth").min())
    first: Ints = np.full(count, 1_000)
    first[taken["of"].to_numpy()] = taken["nth"].to_numpy()
    return first


def _hours(town: Town, rng: Generator, stays: pl.DataFrame, whose: Ints, turn: Ints, piece: Ints) -> tuple[Ints, Ints]:
    """Begin and end of each piece: in on the day the last one ended or the morning after, out when the next begins."""
    day = stays["begin"].to_numpy()[whose] // DAY + turn * piece
    night = rng.random(len(whose)) < 0.3
    begun = np.where(night, (day + 1) * DAY + 8 * 3600, day * DAY + 13 * 3600) + rng.integers(0, 3 * 3600, len(whose))
    last = stays["end"].to_numpy()[whose]
    ended = np.minimum((day + piece) * DAY + rng.integers(8 * 3600, 11 * 3600, len(whose)), last)
    goes_on = np.append(whose[1:] == whose[:-1], False)
    return np.minimum(begun, last - 7200), np.where(goes_on, ended, last)


def _shorten(town: Town, rng: Generator, stays: pl.DataFrame, first: Ints, piece: Ints, cut: Ints, ids: Ints) -> None:
    """End the stays where their first new piece begins; their last line belongs to the deed."""
    until = (stays["begin"].to_numpy() // DAY + first * piece)[cut] * DAY + rng.integers(8 * 3600, 11 * 3600, len(cut))
    ends = pl.DataFrame({"visit": stays["visit"].to_numpy()[cut], "until": until, "deed": ids})
    own = town.base.select("visit").join(ends, on="visit", how="left", maintain_order="left")
    town.base = town.base.with_columns(end=pl.coalesce(own["until"], pl.col("end")))
    lines = town.base_lines.select("visit", "at", "plant").with_row_index("row")
    lines = lines.filter(pl.col("plant") == 0).join(ends, on="visit").sort("visit", "at", "row")
    last = lines.group_by("visit", maintain_order=True).last()
    deeds.mark(town, last["row"].to_numpy(), last["deed"].to_numpy())
