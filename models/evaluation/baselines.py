"""The orders that need no model: a list must beat them to be worth its trouble."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import polars as pl

from data.warehouse.connection import frame

#: Baselines that know nothing of rules or schemes.
BLIND = ("random", "by amount", "by count", "isolation forest")
TRAITS = (Path(__file__).with_name("traits.sql")).read_text(encoding="utf-8")


def attach(con: duckdb.DuckDBPyConnection, population: pl.DataFrame, seed: int = 1) -> pl.DataFrame:
    """The population with one score column a baseline, high first: amount, count, rule hits, Isolation Forest."""
    return population.join(
        forest(con, seed), on=["subject_type", "subject_id"], how="left", maintain_order="left"
    ).with_columns(
        pl.col("amount").alias("by amount"),
        pl.col("volume").alias("by count"),
        pl.col("rule_hits").cast(pl.Float64).alias("by rule hits"),
    )


def forest(con: duckdb.DuckDBPyConnection, seed: int = 1) -> pl.DataFrame:
    """subject_type, subject_id, "isolation forest": PyOD's forest as it comes, on plain traits, one a type."""
    from pyod.models.iforest import IForest

    traits = frame(con, TRAITS)
    scored = []
    for part in traits.partition_by("subject_type", maintain_order=True):
        x = part.drop("subject_type", "subject_id").fill_null(0.0).to_numpy()
        scores = np.zeros(len(x)) if len(x) < 3 else IForest(random_state=seed).fit(x).decision_scores_
        scored.append(part.select("subject_type", "subject_id", pl.Series("isolation forest", scores, pl.Float64)))
    kinds = {"subject_type": pl.String, "subject_id": pl.String, "isolation forest": pl.Float64}
    return pl.concat(scored) if scored else pl.DataFrame(schema=kinds)
