"""What was done in a warehouse, one row a step: with which fingerprint, when, and a note."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import duckdb

from data.warehouse.connection import transaction


def hash_of(parts: Iterable[str]) -> str:
    """A short hash of texts in their order."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def print_of(con: duckdb.DuckDBPyConnection, step: str) -> str | None:
    """The fingerprint a step was last done with, None if it never was."""
    rows = con.execute("select fingerprint from run.step where step = $step", {"step": step}).fetchall()
    return rows[0][0] if rows else None


def prints(con: duckdb.DuckDBPyConnection, prefix: str) -> Mapping[str, tuple[str, Any]]:
    """Steps whose names begin so: fingerprint and note."""
    rows = con.execute(
        "select step, fingerprint, said from run.step where starts_with(step, $prefix)", {"prefix": prefix}
    ).fetchall()
    return {step: (fingerprint, note) for step, fingerprint, note in rows}


def write(con: duckdb.DuckDBPyConnection, step: str, fingerprint: str, note: str | None = None) -> None:
    """Note that a step was done; to be called inside a transaction that does it, or by `done`."""
    con.execute("delete from run.step where step = $step", {"step": step})
    con.execute(
        "insert into run.step values ($step, $fingerprint, now() at time zone 'UTC', null, $note)",
        {"step": step, "fingerprint": fingerprint, "note": note},
    )


def done(con: duckdb.DuckDBPyConnection, step: str, fingerprint: str, note: str | None = None) -> None:
    """The same in a transaction of its own."""
    with transaction(con):
        write(con, step, fingerprint, note)


def forget(con: duckdb.DuckDBPyConnection, step: str) -> None:
    """The step is to be done again."""
    con.execute("delete from run.step where step = $step", {"step": step})
