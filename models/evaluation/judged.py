"""The lists against what people found: this HOME's verdicts in the place of planted truth.

Only what somebody checked is known. A lead drawn at random counts for all it stands for (1 / probability).
"""

from __future__ import annotations

import math

import duckdb
import numpy as np
import polars as pl

from data.warehouse.connection import frame
from models.evaluation import baselines, measure
from models.evaluation.metrics import at_random, metrics


def lists(con: duckdb.DuckDBPyConnection, seed: int = 1) -> measure.Lists:
    """subject type -> method -> metrics over the subjects with a deciding verdict, by the score the lead had then.

    An inspection without lead counts as not listed; the plain orders are those of the record as it stands.
    """
    judged = frame(
        con,
        """
        select subject_type, subject_id,
            max(case when conclusion in ('confirmed', 'partly_confirmed') then 1 else 0 end) as is_true,
            cast(sum(coalesce(confirmed_amount, 0)) as double) as confirmed, cast(max(score) as double) as score,
            max(cast(amount_at_risk as double)) as at_risk, max(findings) as found,
            max(1 / coalesce(selection_probability, 1)) as weight
        from casebook.current_verdict
        where conclusion <> 'unsure'
        group by subject_type, subject_id
        order by subject_type, subject_id
        """,
    )
    if not judged.height:
        return {}
    everyone = baselines.attach(con, measure.population(con), seed).drop("is_planted", "yuan")
    subjects = judged.join(everyone, on=["subject_type", "subject_id"], how="left", maintain_order="left")
    return {str(kind): _methods(part) for (kind,), part in subjects.group_by("subject_type", maintain_order=True)}


def _methods(part: pl.DataFrame) -> dict[str, dict[str, float]]:
    true, yuan, weight = (part[c].to_numpy() for c in ("is_true", "confirmed", "weight"))
    amount = part.select(pl.coalesce("amount", "at_risk", pl.lit(0.0))).to_series().to_numpy()
    by_method = {measure.OURS: metrics(part["score"].fill_null(math.nan).to_numpy(), true, yuan, amount, weight)}
    by_method["random"] = at_random(true, yuan) | {"base_rate": float(np.average(true, weights=weight))}
    for name in measure.METHODS[2:]:
        if part[name].count():
            by_method[name] = metrics(part[name].fill_null(0.0).to_numpy(), true, yuan, amount, weight)
    return by_method
