"""Where persons of one employer or one place are admitted within days, more than their group ever is there."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import polars as pl

from models import tails
from models.sources.work import Work

#: A group at an institution.
PAIR = ["kind", "group_id", "institution_id"]


def find(work: Work) -> None:
    """One hit a stay of such a group. Units are stays, once a kind of group."""
    work.run("stay_of_group")
    likely = _surprising(work.frame("windows"), work.number("tested") or 1, float(work.params["max_chance"]))
    with work.lend(group_window=_apart(likely)):
        work.run("judged")


def _surprising(windows: pl.DataFrame, tested: int, max_chance: float) -> pl.DataFrame:
    """The windows that chance does not make. `tested` is how many windows there were to be surprised by.

    Their `exponent` is minus the power of ten of the chance that any of them holds so many.
    """
    usual = np.maximum(windows["usual"].to_numpy(), 1e-3)
    tail = tails.poisson(windows["persons"].to_numpy(), usual)
    exponent = -(tail + np.log(tested)) / np.log(10)
    frame = windows.with_columns(exponent=pl.Series(exponent.round(6), dtype=pl.Float64))
    return frame.filter(pl.col("exponent") >= -np.log10(max_chance))


def _apart(windows: pl.DataFrame) -> pl.DataFrame:
    """Of overlapping windows of a group the least likely."""
    ordered = windows.sort([*PAIR, "exponent", "first_on"], descending=[False, False, False, True, False])
    taken: dict[tuple[Any, ...], list[date]] = {}
    is_kept = []
    for *pair, first_on, days in ordered.select(*PAIR, "first_on", "days").iter_rows():  # a handful
        before = taken.setdefault(tuple(pair), [])
        is_kept.append(all(abs((first_on - other).days) >= days for other in before))
        if is_kept[-1]:
            before.append(first_on)
    return ordered.filter(pl.Series(is_kept, dtype=pl.Boolean))
