"""The official self-check items (2025, and a selection of 2026), and how far the rules and detectors screen them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import polars as pl

from data.knowledge import diff as knowledge_diff
from models.sources.source import Source

STATES = ("screened", "partly", "needs_records", "no_rule")
SUBJECTS = ("institution", "pharmacy")


def items(sources: Collection[Source], overlay: Path | None = None) -> pl.DataFrame:
    """knowledge.problem_item in the official order, hospitals first, a bureau's overlay folder applied.

    screened_by: ids of the sources whose cards name the item, joined by `;`; retired ones screen nothing.
    """
    named = [(item, s.id) for s in sources if s.card.status != "retired" for item in s.card.problem]
    screened = (
        pl.DataFrame(named, schema={"item_id": pl.String, "source": pl.String}, orient="row")
        .sort("item_id", "source")
        .group_by("item_id", maintain_order=True)
        .agg(screened_by=pl.col("source").str.join(";"))
    )
    rows = knowledge_diff.state(overlay)["problem_item"].drop("screened_by", strict=False)
    rows = rows.join(screened, on="item_id", how="left", maintain_order="left")
    number = pl.col("item_id").str.extract(r"(\d+)$").cast(pl.Int32)
    return rows.sort("subject", number)


def by_source(found: pl.DataFrame) -> pl.DataFrame:
    """One row an item and source that screens it: source, item_id, state."""
    parts = found.filter(pl.col("screened_by").is_not_null()).with_columns(source=pl.col("screened_by").str.split(";"))
    return parts.explode("source").select("source", "item_id", "state")


def by_area(found: pl.DataFrame, live: Collection[str]) -> pl.DataFrame:
    """One row an area in the official order: area_zh, items, a count per state, only_trial.

    `live` are the ids whose findings may put a subject on a list; only_trial counts the items, screened or partly,
    that no live source screens.
    """
    reached = by_source(found).filter(pl.col("source").is_in(list(live))).get_column("item_id").unique()
    waiting = pl.col("screened_by").is_not_null() & ~pl.col("item_id").is_in(reached.to_list())
    return found.group_by("area_zh", maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("items"),
        *[(pl.col("state") == state).sum().cast(pl.Int64).alias(state) for state in STATES],
        waiting.sum().cast(pl.Int64).alias("only_trial"),
    )
