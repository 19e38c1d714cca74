"""Places that leads touch, each yuan once: what a visit there would take and bring, and the records to pull."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path

import duckdb
import polars as pl

from data.warehouse.connection import frame
from features import build
from models.ranking.capacity import Capacity
from models.sources import natures
from models.sources.source import Source

FOLDER = Path(__file__).parent


def prepare(con: duckdb.DuckDBPyConnection, sources: Collection[Source]) -> None:
    """Make the temporary tables visit_source, visit_finding, visit_unit and visit_place of the last ranking."""
    con.register("nature_frame", natures.by_source(sources))
    # nothing is established yet: the sheet names what is asked, not the violation
    con.execute(
        "create or replace temp table visit_source as"
        " select source, asked as nature, asked_zh as nature_zh, title, title_zh from nature_frame"
    )
    con.unregister("nature_frame")
    for name in ("visit_finding", "visit_unit", "visit_place"):
        con.execute(f"create or replace temp table {name} as {query(con, name)}")


def query(con: duckdb.DuckDBPyConnection, name: str) -> str:
    """The text of one query of this folder, as this warehouse can answer it."""
    return build.legible(con, (FOLDER / f"{name}.sql").read_text(encoding="utf-8"))


def places(con: duckdb.DuckDBPyConnection, capacity: Capacity, least_yuan: float) -> pl.DataFrame:
    """Every place after `prepare`, those worth a visit first, the most expected a day first.

    Beside what visit_place.sql says: desk_days and visit_days (null where there is nothing of the kind), days,
    yield_per_day, is_worth_it (fund money, `least_yuan` of it at issue by leads of tiers A and B), rank.
    """
    rows = frame(con, "select * from visit_place")
    first = pl.col("subject_type").replace_strict(
        {"institution": capacity.institution, "pharmacy": capacity.pharmacy}, return_dtype=pl.Float64
    )
    desk = capacity.desk + pl.col("desk_records") / capacity.records_a_day
    visit = first + (pl.col("records") - pl.col("desk_records")) / capacity.records_a_day
    is_at_desk = (pl.col("desk_records") > 0) | pl.col("is_settled")
    timed = rows.with_columns(
        first_days=first,
        desk_days=pl.when(is_at_desk).then(desk.clip(upper_bound=capacity.most).round(2)),
        visit_days=pl.when(~pl.col("is_settled")).then(visit.clip(upper_bound=capacity.most).round(2)),
    ).with_columns(days=pl.sum_horizontal("desk_days", "visit_days").round(2))
    least = pl.lit(least_yuan)
    is_worth_it = (
        (pl.col("fund") > 0)
        & (pl.col("amount").cast(pl.Float64) >= least)
        & (pl.col("upper_amount").cast(pl.Float64) >= least)
    )
    return (
        timed.with_columns(
            yield_per_day=(pl.col("expected") / pl.max_horizontal("days", 0.01)).round(2),
            expected=pl.col("expected").round(2),
            desk_expected=pl.col("desk_expected").round(2),
            is_worth_it=is_worth_it,
        )
        .sort("is_worth_it", "yield_per_day", "amount", "institution_id", descending=[True, True, True, False])
        .with_row_index("rank", offset=1)
        .with_columns(pl.col("rank").cast(pl.Int64))
    )


def records(con: duckdb.DuckDBPyConnection, name: str, institution_id: str | None = None) -> pl.DataFrame:
    """The records of one place, or of all, that something was found about: most natures first, then most money.

    `name` is SQL of how a person's name is written (over `i`).
    """
    text = query(con, "visit_record").format_map({"name": name})
    place = "" if institution_id is None else "where institution_id = $id"
    params = {} if institution_id is None else {"id": institution_id}
    rows = frame(con, f"select * from ({text}) as r {place}", params)
    ordered = rows.sort(
        "institution_id", "natures", "counted_amount", "encounter_id", descending=[False, True, True, False]
    )
    return ordered.with_columns(pl.int_range(1, pl.len() + 1).over("institution_id").cast(pl.Int64).alias("place"))


def frame_hash(records: pl.DataFrame) -> str:
    """Of the records and departments that a draw is from, made before it."""
    rows = records.select("encounter_id", "department_code").sort("encounter_id").rows()
    return hashlib.sha256(repr(rows).encode()).hexdigest()[:16]


def drawn(records: pl.DataFrame, per_department: int, seed: int) -> pl.DataFrame:
    """The records with `drawn`, `probability` and `seed`: in each department so many at random, each alike likely.

    Who has the records and the seed draws the same: the smallest hashes of seed and encounter are taken.
    """
    keys = [hashlib.sha256(f"{seed} {e}".encode()).hexdigest() for e in records["encounter_id"].to_list()]
    size = pl.len().over("department_code")
    return (
        records.with_columns(draw_key=pl.Series(keys, dtype=pl.String))
        .with_columns(
            drawn=pl.col("draw_key").rank("ordinal").over("department_code") <= per_department,
            probability=pl.min_horizontal(pl.lit(1.0), per_department / size).round(4),
            seed=pl.lit(seed, dtype=pl.Int64),
        )
        .drop("draw_key")
    )
