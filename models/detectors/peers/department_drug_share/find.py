"""Whose share of drugs jumps for some months, beside the own other months and the rest of the house.

The house's total may be even, and three hospitals are peers enough for nobody: a series is compared with itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from models import tails
from models.sources.work import Work

Floats = npt.NDArray[np.float64]

SERIES = ["kind", "institution_id", "unit_id"]
#: Months in a row that a jump may last: a longer one is the department's new normal, and growth's to judge.
LENGTHS = (2, 3, 4)
#: Shares that hardly differ say little about how much they may: a tenth of a logit is two points at a third.
LEAST_SPREAD = 0.1
#: Half the distance to certainty for every two units of the logarithm of chance beyond the threshold.
HALVING = 2.0


def find(work: Work) -> None:
    """At most one hit a department or doctor: the least likely run of months. Units are series."""
    months = work.frame("months").filter(pl.col("yuan") >= work.params["min_amount"])
    lengths = months.group_by(SERIES).agg(count=pl.len())
    able = lengths.filter(pl.col("count") >= work.params["min_months"])
    kept = months.join(able, on=SERIES).sort("count", *SERIES, "month")
    jumps = [jumped(part, work.params) for part in kept.partition_by("count", maintain_order=True)]
    hits = pl.concat(jumps).sort(SERIES) if jumps else kept.head(0)
    if hits.height:
        with work.lend(jumped=hits):
            work.run("judged")
    work.count(able.height - hits.height, {"too few months with money enough": lengths.height - able.height})


def jumped(months: pl.DataFrame, params: Mapping[str, Any]) -> pl.DataFrame:
    """One row a series that rises beyond chance; `months` holds series of one number of months, in order."""
    count = months["count"][0]
    columns = ("yuan", "drug_yuan", "rest_yuan", "rest_drug_yuan")
    yuan, drugs, rest, rest_drugs = (months[c].to_numpy().reshape(-1, count) for c in columns)
    # What the rest of the house does too is no jump of this one; a department that is the house has no rest.
    has_rest = np.asarray((rest > 0).all(axis=1))
    beside = _logit(drugs, yuan) - np.where(has_rest[:, None], _logit(rest_drugs, rest), 0.0)
    chance, inside = least_likely(beside)
    own, usual = _share(drugs, yuan, inside), _share(drugs, yuan, ~inside)
    rest_own, rest_usual = _share(rest_drugs, rest, inside), _share(rest_drugs, rest, ~inside)
    on = months["month"].to_numpy().reshape(-1, count)
    first, length = inside.argmax(axis=1), inside.sum(axis=1)
    rows = np.arange(len(yuan))
    jumps = months.gather_every(count).select(SERIES).with_columns(
        month=on[rows, first], last_month=on[rows, first + length - 1], months=length, other_months=count - length,
        own=own, usual=usual, excess=(own - usual) * (yuan * inside).sum(axis=1),
        odds=np.minimum(1 / np.maximum(chance, 1e-6), 1_000_000).astype(np.int64),
        rest_own=rest_own, rest_usual=rest_usual, rest_change=np.where(has_rest, rest_own - rest_usual, np.nan),
        strength=np.log(params["max_chance"] / np.maximum(chance, 1e-12)) / HALVING, chance=chance,
    )  # fmt: skip
    return jumps.with_columns(pl.col("rest_change").fill_nan(None)).filter(
        (pl.col("chance") <= params["max_chance"])
        & (pl.col("usual") > 0)
        & (pl.col("own") >= params["min_ratio"] * pl.col("usual"))
        & (pl.col("own") - pl.col("usual") >= params["min_points"])
    )


def least_likely(level: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Of each row the run of months that is highest for chance: how likely it is, over all runs, and which it is."""
    rows, count = level.shape
    sums, squares = (np.cumsum(np.pad(v, ((0, 0), (1, 0))), axis=1) for v in (level, level**2))
    least, start, size = np.zeros(rows), np.zeros(rows, dtype=np.int64), np.full(rows, LENGTHS[0])
    windows = 0
    for length in LENGTHS:
        outside = count - length
        within, within_squares = (v[:, length:] - v[:, :-length] for v in (sums, squares))
        mean = (sums[:, -1:] - within) / outside
        variance = (squares[:, -1:] - within_squares - outside * mean**2) / (outside - 1)
        spread = np.maximum(np.sqrt(np.maximum(variance, 0)), LEAST_SPREAD)
        rise = (within / length - mean) / (spread * np.sqrt(1 / length + 1 / outside))
        chance = tails.student(rise, outside - 1)
        best = chance.argmin(axis=1)
        lower = chance[np.arange(rows), best] < least
        least = np.where(lower, chance[np.arange(rows), best], least)
        start, size = np.where(lower, best, start), np.where(lower, length, size)
        windows += outside + 1
    months = np.arange(count)[None, :]
    return np.minimum(1.0, np.exp(least) * windows), (months >= start[:, None]) & (months < (start + size)[:, None])


def _logit(part: Floats, whole: Floats) -> Floats:
    """Shares on a scale on which a rise from 5 to 10 % is as large as one from 90 to 95 %."""
    share = np.clip(part / np.maximum(whole, 1e-9), 0.01, 0.99)
    return np.asarray(np.log(share / (1 - share)))


def _share(part: Floats, whole: Floats, months: npt.NDArray[np.bool_]) -> Floats:
    return np.asarray((part * months).sum(axis=1) / np.maximum((whole * months).sum(axis=1), 1e-9))
