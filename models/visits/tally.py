"""The tally of one place as inspection teams hand it over: by nature and type, by item, by line, and all of those."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import polars as pl

from data.warehouse.connection import frame
from models.visits.places import query

KIND = ("care_setting", "item_source", "nature", "type")
ITEM = ("item_code", "item_name", "specification")


@dataclass(frozen=True)
class Tally:
    """Four tables whose counted amounts and counted funds sum to the same: those of the place, each yuan once."""

    summary: pl.DataFrame
    items: pl.DataFrame
    lines: pl.DataFrame
    every: pl.DataFrame

    def sums(self) -> pl.DataFrame:
        """sheet, rows, counted_amount, counted_fund of each table."""
        parts = {"summary": self.summary, "item": self.items, "line": self.lines, "all": self.every}
        return pl.concat(
            rows.select(
                pl.lit(name).alias("sheet"),
                pl.len().cast(pl.Int64).alias("rows"),
                pl.col("counted_amount").sum().cast(pl.Decimal(18, 2)),
                pl.col("counted_fund").sum().cast(pl.Decimal(18, 2)),
            )
            for name, rows in parts.items()
        )


def tally(con: duckdb.DuckDBPyConnection, institution_id: str, name: str, language: str) -> Tally:
    """The tally of a place after `places.prepare`; `name` is SQL of how a person's name is written (over `i`)."""
    zh = language == "zh"
    text = query(con, "visit_line").format_map({"name": name})
    lines = frame(con, text, {"place": institution_id}).with_columns(
        nature=pl.col("nature_zh") if zh else pl.col("nature"), type=pl.col("title_zh") if zh else pl.col("title")
    )
    lines = lines.drop("nature_zh", "title", "title_zh")
    every = frame(con, query(con, "visit_all_lines"), {"place": institution_id})
    return Tally(
        _summed(lines, KIND, ("institution_id", "institution_name")),
        _summed(lines, (*KIND, *ITEM)),
        lines.select(*KIND, pl.exclude(*KIND)),
        every,
    )


def _summed(lines: pl.DataFrame, by: tuple[str, ...], kept: tuple[str, ...] = ()) -> pl.DataFrame:
    money = ("involved", "involved_fund", "counted_amount", "counted_fund")
    return (
        lines.group_by(*kept, *by)
        .agg(
            records=pl.col("encounter_id").n_unique().cast(pl.Int64),
            persons=pl.col("person_id").drop_nulls().n_unique().cast(pl.Int64),
            times=pl.len().cast(pl.Int64),
            quantity=pl.col("quantity").sum(),
            involved=pl.col("involved").sum(),
            involved_fund=pl.col("involved_fund").sum(),
            counted_quantity=pl.col("counted_quantity").sum(),
            counted_amount=pl.col("counted_amount").sum(),
            counted_fund=pl.col("counted_fund").sum(),
        )
        .with_columns(pl.col(money).cast(pl.Decimal(18, 2)))
        .sort("counted_amount", *by, descending=[True, *[False] * len(by)], nulls_last=True)
    )
