"""What each part of the evidence adds to a lead's score; the parts of a lead sum to its score."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from models import belief
from models.belief import Array


def points(
    families: pl.DataFrame, leads: pl.DataFrame, objective: str, names: Sequence[str], added: Array
) -> pl.DataFrame:
    """lead_id, part, points (two decimals): families first, then what moves the log odds beside them.

    `families` has row (of the lead), family and chance; `added` is leads x names in log odds, on top of what the
    families say together. Families share the score their evidence gives in proportion to -log(1 - chance); the rest,
    up or down, is shared in proportion to the log odds, so a part that speaks against a lead has negative points.
    """
    full, gain = leads["full_yield"].to_numpy(), leads["prior_yield"].to_numpy()
    alone, final = leads["alone"].to_numpy(), leads["propensity"].to_numpy()

    def scored(p: Array) -> Array:
        return belief.score(p, gain * p / np.maximum(alone, 1e-9), full, objective)

    first = scored(alone)
    doubt = -np.log1p(-np.minimum(families["chance"].to_numpy(), 1 - 1e-9))
    row = families["row"].to_numpy().astype(int)
    whole = np.bincount(row, doubt, leads.height)
    shares = first[row] * doubt / np.maximum(whole[row], 1e-12)
    total = added.sum(axis=1)
    slope = np.where(np.abs(total) > 1e-9, (scored(final) - first) / np.where(np.abs(total) > 1e-9, total, 1.0), 0.0)
    rows, columns = np.nonzero(added)
    said = pl.DataFrame(
        {
            "row": np.concatenate([row, rows]),
            "part": [*families["family"].to_list(), *(names[int(c)] for c in columns)],
            "points": np.concatenate([shares, added[rows, columns] * slope[rows]]),
        },
        schema={"row": pl.Int64, "part": pl.String, "points": pl.Float64},
    )
    summed = said.group_by("row", "part").agg(pl.col("points").sum().round(2)).sort("row", "part")
    return _whole(summed, leads)


def _whole(said: pl.DataFrame, leads: pl.DataFrame) -> pl.DataFrame:
    """Put what rounding left over to the largest part, so that the points sum to the score as it is shown."""
    scores = leads.with_row_index("row").select(pl.col("row").cast(pl.Int64), "lead_id", "score")
    left = pl.col("score") - pl.col("points").sum().over("row")
    largest = pl.col("points").abs().rank("ordinal", descending=True).over("row") == 1
    return (
        said.join(scores, on="row", maintain_order="left")
        .with_columns(points=(pl.col("points") + pl.when(largest).then(left).otherwise(0.0)).round(2))
        .select("lead_id", "part", "points")
    )
