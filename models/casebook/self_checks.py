"""Self-checks (自查自纠): an institution's return by official problem item, beside what we find of the same items."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from data.errors import UsageError
from data.warehouse import events
from data.warehouse.connection import frame, has, transaction
from models.casebook.handed import Form, Handed, Planned
from models.sources.source import Source

FOLDER = Path(__file__).parent
FORM = Form("self_check", "a self-check", (("item", "problem"), ("amount", "is_found")))
#: From this share of what we find on a return is good, below that share poor; between them it is neither.
GOOD, POOR = 0.8, 0.5
Witness = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True)
class Plan(Planned):
    """What a file would do: rows with state (new, known, refused) and why."""

    file_hash: str


def plan(
    con: duckdb.DuckDBPyConnection,
    handed: Handed,
    sources: Collection[Source],
    *,
    institution: str | None,
    period: tuple[date | None, date | None],
    declared_on: date,
) -> Plan:
    """Resolve every row; institution, period and day stand where a row has none of its own.

    Raises UsageError before the first run.
    """
    if not has(con, "feature.institution"):
        raise UsageError("This HOME has no run yet, so no self-check can be compared. Run `fundwatch run INPUT` first.")
    _items(con, sources)
    con.register("typed_frame", handed.typed(con, FORM))
    con.execute("create or replace temp table handed_row as select * from typed_frame")
    con.unregister("typed_frame")
    values = {"institution": institution, "first": period[0], "last": period[1], "day": declared_on}
    query = (FOLDER / "self_check_plan.sql").read_text(encoding="utf-8")
    rows = frame(con, query, {**values, "today": date.today()})
    return Plan(handed.name, rows, handed.ignored, handed.file_hash)


def append(con: duckdb.DuckDBPyConnection, made: Plan, witness: Witness) -> int:
    """Append the new rows, all or nothing; gives how many."""
    new = made.of("new")
    if not new.height:
        return 0
    with transaction(con):
        stamp = events.stamp(con)
        rows = new.drop("state", "why").with_columns(
            number=pl.lit(stamp.number), written_at=pl.lit(stamp.at), file=pl.lit(made.name)
        )
        con.register("new_rows", rows)
        con.execute("insert into casebook.self_check by name select * from new_rows")
        con.unregister("new_rows")
        counts = {state: made.of(state).height for state in ("new", "known", "refused")}
        witness({"act": "import", "file": made.name, "sha256": made.file_hash, **counts})
    return new.height


def compared(
    con: duckdb.DuckDBPyConnection,
    sources: Collection[Source],
    institution: str | None = None,
) -> pl.DataFrame:
    """One row a return's institution, period and item: what it declares beside what we find, missed first."""
    _items(con, sources)
    rows = frame(con, (FOLDER / "self_check_compare.sql").read_text(encoding="utf-8"))
    return rows if institution is None else rows.filter(pl.col("institution_id") == institution)


def quality(con: duckdb.DuckDBPyConnection, sources: Collection[Source], year: int) -> pl.DataFrame:
    """institution_id and the quality of its returns of a year: good, poor, or none: neither, or nothing to tell by."""
    nothing = pl.DataFrame(schema={"institution_id": pl.String, "quality": pl.String})
    if not has(con, "casebook.self_check"):
        return nothing
    rows = compared(con, sources).filter(pl.col("period_to").dt.year() == year)
    if not rows.height:
        return nothing
    share = pl.col("declared_of_found").sum().cast(pl.Float64) / pl.col("found_once").sum().cast(pl.Float64)
    told = rows.group_by("institution_id").agg(share=share).sort("institution_id")
    word = pl.when(pl.col("share") >= GOOD).then(pl.lit("good")).when(pl.col("share") < POOR).then(pl.lit("poor"))
    return told.select("institution_id", quality=word.otherwise(pl.lit("none")))


def _items(con: duckdb.DuckDBPyConnection, sources: Collection[Source]) -> None:
    """Temporary official_item (item_id, subject, area_zh, problem_zh) and item_source: the live sources by item."""
    con.execute(
        "create or replace temp table official_item as"
        " select item_id, subject, area_zh, problem_zh from knowledge.problem_item"
    )
    pairs = [(item, s.id) for s in sources if s.card.status == "live" for item in s.card.problem]
    screening = pl.DataFrame(pairs, schema={"item_id": pl.String, "source": pl.String}, orient="row")
    con.register("pair_frame", screening)
    con.execute("create or replace temp table item_source as select * from pair_frame")
    con.unregister("pair_frame")
