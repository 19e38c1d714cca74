"""The simulator's answers, held against the lists. Nothing else may read the truth schema."""

from __future__ import annotations

from pathlib import Path

import duckdb

from data.warehouse.connection import transaction
from data.warehouse.paths import literal

FOLDER = Path(__file__).parent
TABLES = ("scheme_subject", "scheme_line", "confounder")


def load(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Fill the truth schema from a simulated town's truth folder."""
    with transaction(con):
        for table in TABLES:
            con.execute(f"delete from truth.{table}")
            con.execute(
                f"insert into truth.{table} by name"
                " select * from read_csv($path, header = true, all_varchar = true, nullstr = '')",
                {"path": literal(folder / f"{table}.csv")},
            )


def views(con: duckdb.DuckDBPyConnection) -> None:
    """Make group_overlap and lead_truth, which other queries here read, of the ranking and the truth that stand."""
    for view in ("group_overlap", "lead_truth"):
        con.execute(f"create or replace temp view {view} as {text(view)}")


def text(name: str) -> str:
    """One of the queries of this folder."""
    return (FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def hits_at(con: duckdb.DuckDBPyConnection, top: int) -> list[tuple[str, int, int, int]]:
    """(subject type, planted subjects, leads looked at, planted among them) of each list's first `top` leads.

    A group counts as planted when at least half of its members belong to one planted group.
    """
    views(con)
    rows = con.execute(text("hits_at"), {"top": top}).fetchall()
    return [(str(kind), int(planted), int(looked), int(hit)) for kind, planted, looked, hit in rows]
