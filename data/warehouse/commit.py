"""What follows a transaction only once it stands: the numbers that are kept outside the warehouse.

The log of a database can be cut at the edge of a record, after a crash or by hand, and nothing inside tells. So each
commit of an event leaves its number beside the warehouse as well.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import duckdb

#: Beside the warehouse: the number of the last event that was committed.
FILE_NAME = "warehouse.last"
_awaited: dict[int, dict[str, Callable[[], None]]] = {}


def begun(con: duckdb.DuckDBPyConnection) -> None:
    """A transaction begins on the connection."""
    _awaited[id(con)] = {}


def ended(con: duckdb.DuckDBPyConnection) -> list[Callable[[], None]]:
    """It ended, well or not; gives what waited for it."""
    return list(_awaited.pop(id(con), {}).values())


def then(con: duckdb.DuckDBPyConnection, name: str, act: Callable[[], None]) -> None:
    """Do `act` once what is open on the connection stands, at once where nothing is open; a rollback forgets it.

    Of several acts of the same name the last is done.
    """
    if (awaited := _awaited.get(id(con))) is None:
        act()
    else:
        awaited[name] = act


def keep(con: duckdb.DuckDBPyConnection, number: int) -> None:
    """Keep the number of an event beside its warehouse, once it is committed; one in memory has no such place."""
    path = con.execute("select path from duckdb_databases() where database_name = current_database()").fetchall()
    if path and path[0][0]:
        then(con, FILE_NAME, lambda: _write(Path(path[0][0]).with_name(FILE_NAME), number))


def kept(home: Path) -> int:
    """The last event that was committed, as the file beside the warehouse knows; 0 where it says nothing."""
    try:
        return int((home / FILE_NAME).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0


def _write(path: Path, number: int) -> None:
    """A full disk leaves an older number: less is noticed then, and nothing is told that is not so."""
    aside = path.with_name(path.name + ".part")
    try:
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as out:
            out.write(f"{number}\n")
        aside.replace(path)
    except OSError:
        aside.unlink(missing_ok=True)
