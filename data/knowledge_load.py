"""Load the knowledge that ships with the project: knowledge/<table>.csv into knowledge.<table>."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb

from data.errors import UsageError
from data.warehouse import transaction

FOLDER = Path(__file__).with_name("knowledge")


def version(folder: Path = FOLDER) -> str:
    """Hash of every knowledge file: equal means the same facts."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.csv")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def load(con: duckdb.DuckDBPyConnection, folder: Path = FOLDER) -> dict[str, int]:
    """Fill every knowledge table from its file; returns rows per table.

    Raises UsageError when a file is missing or a value does not fit its column.
    """
    counts = {}
    with transaction(con):
        for (table,) in con.sql(
            "select table_name from duckdb_tables() where schema_name = 'knowledge' order by 1"
        ).fetchall():
            path = folder / f"{table}.csv"
            if not path.exists():
                raise UsageError(f"The knowledge file {path.name} is missing.")
            try:
                con.execute(f"delete from knowledge.{table}")
                con.execute(
                    f"insert into knowledge.{table} by name"
                    " from read_csv($path, header = true, all_varchar = true, nullstr = '')",
                    {"path": str(path)},
                )
            except duckdb.Error as error:
                raise UsageError(f"{path.name}: {str(error).splitlines()[0]}") from error
            counts[table] = con.sql(f"select count(*) from knowledge.{table}").fetchall()[0][0]
    return counts
