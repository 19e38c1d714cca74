"""The casebook open for writing: HOME held, and each act witnessed by a line of the audit log before it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import duckdb

from data.warehouse.connection import open_warehouse
from flows.home import audit_log, lock
from flows.home.settings import Settings


@contextmanager
def book(
    settings: Settings, event: str
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Callable[[Mapping[str, Any]], None]]]:
    """The warehouse, and what writes the log's line of this event; that is called inside the act's transaction."""
    with lock.hold(settings.home), open_warehouse(settings.home, memory_limit=settings.memory_limit) as con:
        yield con, lambda what: audit_log.record(settings.home, event, None, what, con)
