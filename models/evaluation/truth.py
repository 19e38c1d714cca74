"""The simulator's answers, held against the lists. Nothing else may read the truth schema."""

from __future__ import annotations

from pathlib import Path

import duckdb

from data.warehouse.connection import transaction
from data.warehouse.paths import literal

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


def hits_at(con: duckdb.DuckDBPyConnection, top: int) -> list[tuple[str, int, int, int]]:
    """(subject type, planted subjects, leads looked at, planted among them) of each list's first `top` leads.

    A group counts as planted when at least half of its members belong to one planted group.
    """
    return [
        (str(kind), int(planted), int(looked), int(hit))
        for kind, planted, looked, hit in con.execute(
            (Path(__file__).with_name("hits_at.sql")).read_text(encoding="utf-8"), {"top": top}
        ).fetchall()
    ]
