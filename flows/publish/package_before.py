"""What summaries for the public left before, and what a new one must therefore not tell.

Whoever keeps two summaries of a year holds one against the other. Bills of a year that was published do not change; the
confirmed violations grow for years, so their table changes only where no kind changed by a few.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from data.errors import UsageError
from flows.home import audit_log
from flows.publish.package_public import K

#: A row of confirmed violations as the audit log keeps it: title, Chinese title, matters, whether it was hidden.
Kind = list[Any]


def refuse_open_year(con: duckdb.DuckDBPyConnection, year: int) -> None:
    """Raises UsageError for a year that the record does not cover: its whole is refused once a part of it is out."""
    query = "select max(settled_on) from feature.settlement where extract(year from settled_on) >= $year"
    last = con.execute(query, {"year": year}).fetchall()[0][0]
    if last is not None and last < date(year, 12, 25):
        raise UsageError(
            f"The bills of {year} end on {last}. Of a year that is published by parts the difference of two parts would"
            " tell of few bills: publish it once, when the record covers it; nothing left the office."
        )


def refuse_another(home: Path, year: str, figures: str) -> None:
    """Raises UsageError where a summary of the year with other figures is out: what lies between two tells of few."""
    for entry in _released(home, year):
        if entry["figures"] != figures:
            raise UsageError(
                f"A summary of {year} left the office on {str(entry['at'])[:10]} with other figures: what changed since"
                " would tell of few bills. Publish a year once, when it is whole; nothing left the office."
            )


def held_against(home: Path, year: str, violations: pl.DataFrame) -> tuple[pl.DataFrame, list[Kind], str]:
    """The table of confirmed violations that may leave, its rows for the audit log, the day it stands as of or ''.

    `violations` has the counts of hidden rows too. It leaves as it is where, beside every earlier one, each kind has
    either its old number and its old state or a number that differs by K; else the latest leaves again.
    """
    now = [list(row) for row in violations.select("title", "title_zh", "matters", "is_hidden").rows()]
    earlier = [entry for entry in _released(home, year) if "matters" in entry]
    if all(_tells_no_few(entry["matters"], now) for entry in earlier):
        return _blank(violations), now, ""
    latest = earlier[-1]
    rows = [(int(year), *row) for row in latest["matters"]]
    kept = pl.DataFrame(rows, schema=violations.schema, orient="row")
    return _blank(kept), latest["matters"], str(latest.get("matters_of") or latest["at"])[:10]


def _tells_no_few(then: list[Kind], now: list[Kind]) -> bool:
    before = {title: (count, is_hidden) for title, _, count, is_hidden in then}
    after = {title: (count, is_hidden) for title, _, count, is_hidden in now}
    nothing = (0, False)
    pairs = [(before.get(title, nothing), after.get(title, nothing)) for title in before | after]
    return all(old == new or abs(old[0] - new[0]) >= K for old, new in pairs)


def _blank(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(pl.when(~pl.col("is_hidden")).then(pl.col("matters")).alias("matters"))


def _released(home: Path, year: str) -> list[dict[str, Any]]:
    """The summaries of the year that left, in their order."""
    return [e for e in audit_log.read(home).entries if e["event"] == "package" and e.get("year") == year]
