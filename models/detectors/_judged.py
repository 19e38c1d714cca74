"""The table every detector leaves, for those that fill it in steps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import duckdb


def empty(con: duckdb.DuckDBPyConnection) -> None:
    """Make the temporary table `judged` with every column a source may give and no row."""
    con.execute(
        """
        create or replace temp table judged (
            outcome varchar, reason varchar, settlement_id varchar, line_id varchar, encounter_id varchar,
            person_id varchar, institution_id varchar, practitioner_id varchar, occurred_on date,
            amount decimal(16, 2), detail varchar, part varchar, weight double, group_key varchar, units bigint
        )
        """
    )


def script(con: duckdb.DuckDBPyConnection, text: str, params: Mapping[str, Any] | None = None) -> None:
    """Run statements separated by `;` at a line's end, each with the parameters it names."""
    for statement in re.split(r";\s*\n", text):
        if statement.strip():
            named = set(re.findall(r"\$(\w+)", statement))
            con.execute(statement, {k: v for k, v in (params or {}).items() if k in named})


def count(con: duckdb.DuckDBPyConnection, clear: int, cannot: Mapping[str, int] | None = None) -> None:
    """Add to `judged` how many things are clear and, by reason, how many cannot be judged."""
    rows = [("clear", None, clear), *(("cannot_judge", reason, n) for reason, n in (cannot or {}).items())]
    for outcome, why, units in rows:
        if units > 0:
            con.execute(
                "insert into judged by name select $outcome as outcome, $why as reason, $units as units",
                {"outcome": outcome, "why": why, "units": int(units)},
            )


def number(con: duckdb.DuckDBPyConnection, query: str) -> int:
    """The one number that a query gives; nothing is 0."""
    return int(con.sql(query).fetchall()[0][0] or 0)


def drop(con: duckdb.DuckDBPyConnection, prefix: str) -> None:
    """Drop the temporary tables of that prefix."""
    for (table,) in con.sql(
        "select table_name from duckdb_tables() where temporary and starts_with(table_name, $prefix)",
        params={"prefix": prefix},
    ).fetchall():
        con.execute(f"drop table {table}")
