"""Norms: how an indicator lies among the peers of a wider area, frozen there and laid beside the few of a county.

A norm is a cell: a finest group of peers with its size and nineteen places of its distribution. Cells do not overlap;
what is in none that may be shown (too few members, or of too few institutions) is merged into the next wider.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from models import peers
from models.sources.work import Work

#: Fewer members, or of fewer institutions, are no cell of their own: a value could be read as one institution's.
LEAST_MEMBERS, LEAST_PLACES = 10, 3
OTHERS = "(others)"
#: The columns of the places, by percent.
QUANTILES = {f"q{percent:02d}": percent / 100 for percent in range(5, 100, 5)}
DIGITS = 3  # significant: enough to compare with, too few to find one member's value by

#: By subject and indicator: the cells.
Norms = Mapping[tuple[str, str], pl.DataFrame]


def read(work: Work) -> Norms:
    """The norms laid into the knowledge."""
    cells = work.frame("shared/peer_norm")
    return {(str(s), str(i)): part for (s, i), part in cells.partition_by("subject", "indicator", as_dict=True).items()}


def cells(frame: pl.DataFrame, place: str, least_volume: float) -> pl.DataFrame:
    """The cells of one indicator: one row a member in (key_1 to key_4, value, volume, `place` its institution).

    Out come the keys, members, volume and QUANTILES. Members below `least_volume` count nowhere.
    """
    waiting = frame.filter(pl.col("value").is_finite() & (pl.col("volume") >= max(least_volume, 1)))
    shown = []
    for merged in (None, "key_1", "key_2"):
        if merged is not None:
            waiting = waiting.with_columns(pl.lit(OTHERS).alias(merged))
        is_enough = (pl.len().over(peers.KEYS) >= LEAST_MEMBERS) & (
            pl.col(place).n_unique().over(peers.KEYS) >= LEAST_PLACES
        )
        shown.append(waiting.filter(is_enough))
        waiting = waiting.filter(~is_enough)
    return (
        pl.concat(shown)
        .group_by(peers.KEYS)
        .agg(
            members=pl.len(),
            volume=pl.col("volume").cast(pl.Float64).median(),
            **{name: pl.col("value").quantile(q, "linear") for name, q in QUANTILES.items()},
        )
        .with_columns(pl.col("volume", *QUANTILES).round_sig_figs(DIGITS))
        .sort(peers.KEYS)
    )


def members(cells: pl.DataFrame | None) -> pl.DataFrame | None:
    """Rows that lie as the members of the cells did: key_1 to key_4, value, volume; None where there are no cells.

    Between two places values lie evenly; beyond the outermost none is known, so none is farther out.
    """
    if cells is None:
        return None
    step = len(QUANTILES) + 1
    at = ((pl.col("member") + 0.5) / pl.col("members") * step - 1).clip(0, step - 2)
    below = at.floor().cast(pl.Int64)
    above = pl.min_horizontal(below + 1, step - 2)
    low, high = pl.col("places").list.get(below), pl.col("places").list.get(above)
    return (
        cells.with_columns(places=pl.concat_list(list(QUANTILES)), member=pl.int_ranges(0, "members"))
        .explode("member")
        .select(*peers.KEYS, value=low + (at - below) * (high - low), volume="volume")
    )


def basis(cells: pl.DataFrame | None) -> pl.Expr:
    """Of rows with key_3: whose norms they are compared with, null where with each other."""
    whose = {} if cells is None else dict(cells.select("key_3", "basis").iter_rows())
    return pl.col("key_3").replace_strict(whose, default=None, return_dtype=pl.String)
