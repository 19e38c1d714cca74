"""Where SQL that people wrote runs: no file, no network, no table but those it may read, and not for ever."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import duckdb

from data.errors import FundwatchError
from data.warehouse.guard import PERSONAL

#: What such SQL may read; the names stand for views here, and the personal tables are not among them.
SCHEMAS = ("record", "knowledge", "feature")
HALL = "hall"
#: No file and no network beside the warehouse and its own spill, nothing fetched, nothing of Python's, and no way back.
CLOSED = (
    "set enable_external_access = false",
    "set autoinstall_known_extensions = false",
    "set autoload_known_extensions = false",
    "set python_enable_replacements = false",
    "set lock_configuration = true",
)
#: Seconds between two orders to stop: one that falls between two statements is heard by neither.
AGAIN = 0.2


class TookTooLong(FundwatchError):
    """A statement that did not end within its time."""


def seal(con: duckdb.DuckDBPyConnection) -> None:
    """Close the doors of the database behind `con`, for as long as it is open; sealing twice does no harm."""
    is_closed = con.execute("select current_setting('lock_configuration')").fetchall()[0][0]
    for statement in () if is_closed else CLOSED:
        con.execute(statement)


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Make the hall beside the database in use, if it is not there: a view of each table that may be read."""
    seal(con)
    if con.execute("select 1 from duckdb_databases() where database_name = $name", {"name": HALL}).fetchall():
        return
    tables = con.execute(
        """
        select schema_name, table_name from duckdb_tables() where database_name = current_database()
        union all
        select schema_name, view_name from duckdb_views() where database_name = current_database() and not internal
        """
    ).fetchall()
    here = _here(con)
    con.execute(f"attach ':memory:' as {HALL} (read_write)")
    for schema in SCHEMAS:
        con.execute(f"create schema {HALL}.{schema}")
    for schema, table in tables:
        if schema in SCHEMAS and f"{schema}.{table}" not in PERSONAL:
            con.execute(f'create view {HALL}.{schema}."{table}" as from "{here}".{schema}."{table}"')


@contextmanager
def inside(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Within the block names are looked up in the hall alone, which `prepare` made; temporary tables stay."""
    here = _here(con)
    con.execute(f"use {HALL}")
    try:
        yield
    except BaseException:
        with suppress(duckdb.Error):  # a failed transaction takes no order: see `restored`
            con.execute(f'use "{here}"')
        raise
    con.execute(f'use "{here}"')


@contextmanager
def restored(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Around a transaction that goes inside: whatever becomes of it, the database in use is afterwards the same."""
    here = _here(con)
    try:
        yield
    finally:
        con.execute(f'use "{here}"')


def _here(con: duckdb.DuckDBPyConnection) -> str:
    return str(con.execute("select current_database()").fetchall()[0][0])


@contextmanager
def within(con: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    """Stop what runs on `con` after so many seconds (0: never). Raises TookTooLong then."""
    if not seconds:
        yield
        return
    ended, stopped = threading.Event(), threading.Event()

    def watch() -> None:
        if not ended.wait(seconds):
            stopped.set()
            while not ended.wait(AGAIN):
                con.interrupt()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    except duckdb.InterruptException as error:
        if not stopped.is_set():
            raise
        minutes = f"{seconds / 60:g} minutes" if seconds >= 60 else f"{seconds:g} seconds"
        raise TookTooLong(f"did not end within {minutes}") from error
    finally:
        ended.set()
        watcher.join()
