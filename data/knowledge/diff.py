"""What differs between two states of the knowledge, row by row of every table."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl

from data.errors import UsageError
from data.knowledge import load as knowledge_load
from data.warehouse.connection import ddl

COLUMNS = {"table": pl.String, "change": pl.String, "key": pl.String, "before": pl.String, "after": pl.String}


def state(folder: Path | None = None) -> dict[str, pl.DataFrame]:
    """Every table as rules would read it: the package alone, a full folder, or the package under an overlay."""
    if folder is not None and not folder.is_dir():
        raise UsageError(f"{folder} is no folder of knowledge files.")
    con = duckdb.connect()
    con.execute(ddl())
    if folder is not None and all((folder / f"{name}.csv").exists() for name in knowledge_load.tables()):
        knowledge_load.load(con, package=folder)
    else:
        knowledge_load.load(con, folder)
    return {name: con.sql(f"from knowledge.{name}").pl() for name in knowledge_load.tables()}


def sizes(tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """table, layer (null: the table has none or no rows), rows."""
    schema = {"table": pl.String, "layer": pl.String, "rows": pl.Int64}
    parts = [pl.DataFrame(schema=schema)]
    for name, rows in sorted(tables.items()):
        layer = pl.col("layer") if "layer" in rows.columns else pl.lit(None, pl.String)
        counted = rows.group_by(layer.alias("layer")).agg(rows=pl.len().cast(pl.Int64)).sort("layer")
        if counted.is_empty():
            counted = pl.DataFrame({"layer": [None], "rows": [0]}, schema={"layer": pl.String, "rows": pl.Int64})
        parts.append(counted.select(pl.lit(name).alias("table"), "layer", "rows"))
    return pl.concat(parts)


def compare(before: dict[str, pl.DataFrame], after: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """One row a difference: table, change (added, removed, changed), key, before, after (the values that differ)."""
    found = [_one(name, before[name], after[name]) for name in before]
    return pl.concat([pl.DataFrame(schema=COLUMNS), *found]).sort("table", "key", "change")


def _one(name: str, before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    columns, key = knowledge_load.tables()[name]
    identity = [*key, "valid_from"] if "valid_from" in columns else key
    rest = [c for c in columns if c not in identity]
    old = before.select(pl.col(identity).cast(pl.String), pl.col(rest).cast(pl.String), is_old=True)
    new = after.select(pl.col(identity).cast(pl.String), pl.col(rest).cast(pl.String), is_new=True)
    both = old.join(new, on=identity, how="full", coalesce=True, nulls_equal=True, suffix=":new")
    differs = [~pl.col(c).eq_missing(pl.col(f"{c}:new")) for c in rest]
    change = (
        pl.when(pl.col("is_old").is_null())
        .then(pl.lit("added"))
        .when(pl.col("is_new").is_null())
        .then(pl.lit("removed"))
        .otherwise(pl.lit("changed"))
    )
    told = {
        side: pl.concat_str(
            [pl.when(d).then(pl.lit(f"{c}=") + pl.col(c + end)) for c, d in zip(rest, differs, strict=True)],
            separator="; ",
            ignore_nulls=True,
        )
        for side, end in (("before", ""), ("after", ":new"))
    }
    return both.filter(pl.any_horizontal(differs)).select(
        pl.lit(name).alias("table"),
        change.alias("change"),
        pl.concat_str(identity, separator=" ", ignore_nulls=True).alias("key"),
        **told,
    )
