"""What verdicts say of each source: its confirmation rate, drawn towards its prior while verdicts are few."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path

import duckdb
import polars as pl

from data.warehouse import frame
from models.casebook import verdicts
from models.ranking.strength import ODDS
from models.source import Source

#: The prior counts as much as this many reviewed leads.
PRIOR_WEIGHT = 10.0


def rates(con: duckdb.DuckDBPyConnection, sources: Collection[Source]) -> pl.DataFrame:
    """source, prior, confirmed, dismissed, rate: one row a source, also those nobody spoke of (rate = prior)."""
    verdicts.prepare(con, sources)
    known = pl.DataFrame(
        [(s.id, ODDS[s.card.certainty].prior) for s in sources],
        schema={"source": pl.String, "prior": pl.Float64},
        orient="row",
    )
    said = frame(con, (Path(__file__).with_name("rates.sql")).read_text(encoding="utf-8"))
    counts = pl.col("confirmed", "dismissed").cast(pl.Float64)
    return (
        known.join(said.with_columns(counts), on="source", how="left", maintain_order="left")
        .with_columns(pl.col("confirmed", "dismissed").fill_null(0.0))
        .with_columns(
            rate=(PRIOR_WEIGHT * pl.col("prior") + pl.col("confirmed"))
            / (PRIOR_WEIGHT + pl.col("confirmed") + pl.col("dismissed"))
        )
    )


def version(con: duckdb.DuckDBPyConnection) -> str:
    """Hash of the verdicts and inspection results: equal means that no rate moved and no lead was closed since."""
    verdict = con.sql("select verdict_id from casebook.verdict order by 1").fetchall()
    inspected = con.sql(
        "select case_id, subject_id, rule_id, result from record.inspection_result order by all"
    ).fetchall()
    return hashlib.sha256(repr((verdict, inspected)).encode()).hexdigest()[:16]
