"""The official self-check items of 2025 and how far the rules and detectors screen them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import polars as pl

from data import knowledge_diff

STATES = ("screened", "partly", "needs_records", "no_rule")
SUBJECTS = ("institution", "pharmacy")


def items(overlay: Path | None = None) -> pl.DataFrame:
    """knowledge.problem_item in the official order, hospitals first, a bureau's overlay folder applied."""
    rows = knowledge_diff.state(overlay)["problem_item"]
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
