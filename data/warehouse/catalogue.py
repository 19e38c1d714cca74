"""What tables and columns a warehouse has."""

from __future__ import annotations

import duckdb


def has(con: duckdb.DuckDBPyConnection, table: str, column: str | None = None) -> bool:
    """Whether a table, written with its schema, is there and has the column: what is only read may be of an earlier
    version.

    The engine looks both up by their names, without running anything; its list of all columns is made anew for each
    question, and that costs sixty times as much.
    """
    try:
        con.sql(f"select {'1' if column is None else f'asked.{column}'} from {table} as asked")
    except (duckdb.CatalogException, duckdb.BinderException):
        return False
    return True
