"""Lengths of stay and bills that gather at, or just below, one value, as they do at nobody else's."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from models import tails
from models.sources.work import Work

#: Events that the others are taken to have at a value and at each neighbour beside those counted, so that peers with
#: next to none there do not make any a wonder.
EVEN = 5.0


def find(work: Work) -> None:
    """One hit a place and kind of event, at its strongest value, without money. Units are places and kinds of event."""
    counted = pl.concat([work.frame("nights"), work.frame("bills")], how="vertical_relaxed")
    with work.lend(strongest_value=strongest(counted, work.params)):
        work.run("judged")


def strongest(counted: pl.DataFrame, params: Mapping[str, Any]) -> pl.DataFrame:
    """Of each place its strongest value, with usual (how many the neighbours let expect there) and is_hit."""
    ratio = (pl.col("peers_at") + EVEN) / (pl.col("peers_beside") + EVEN * pl.col("sides"))
    frame = counted.with_columns(usual=(pl.col("beside") + 0.5) * ratio, likely=ratio / (1 + ratio))
    total = frame["hits"].to_numpy() + frame["beside"].to_numpy()
    tail = tails.binomial(frame["hits"].to_numpy(), np.maximum(total, 1), frame["likely"].to_numpy())
    # Over as many values as were looked at, in powers of ten.
    surprise = -(tail + np.log(max(frame.height, 1))) / np.log(10)
    at, beside = pl.col("hits"), pl.col("beside")
    is_hit = (
        (pl.col("peers") >= params["min_peers"])
        & (at >= params["min_at"])
        & (at >= params["min_ratio"] * beside / pl.col("sides"))
        & (at >= params["min_ratio"] * pl.col("usual"))
        & (at - pl.col("usual") >= params["min_share"] * pl.col("events"))
        & (pl.col("same") <= params["most_alike"] * at)
        & (pl.col("surprise") >= -np.log10(params["max_chance"]))
    )
    return (
        frame.with_columns(surprise=pl.Series(surprise.round(6), dtype=pl.Float64))
        .with_columns(is_hit=is_hit)
        .sort(["institution_id", "what", "is_hit", "surprise", "value"], descending=[False, False, True, True, False])
        .unique(["institution_id", "what"], keep="first", maintain_order=True)
    )
