"""What commands that take in or write a file of the casebook share: days, the audit log's line, places."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.errors import FundwatchError
from flows import days

if TYPE_CHECKING:
    import duckdb


def optional_day(text: str, option: str) -> date | None:
    """The day an option gives, None where it is left out. Raises UsageError for what is no day."""
    return days.day(text, option) if text else None


def today(text: str) -> date:
    """The day `--on` gives, else today."""
    return days.day(text, "--on")


@contextmanager
def writing(place: Path) -> Iterator[None]:
    """What cannot be written at `place` is said in a sentence."""
    try:
        yield
    except OSError as error:
        why = error.strerror or error
        raise FundwatchError(f"{place} cannot be written: {why}. Choose another place.") from error


def witness(
    con: duckdb.DuckDBPyConnection, home: Path, event: str, file: Path, counts: Mapping[str, Any]
) -> Callable[[], None]:
    """Writes the audit log's line of a file taken in: its name, hash and counts; inside the act's transaction."""
    import hashlib

    from flows.home import audit_log

    sha = hashlib.sha256(file.read_bytes()).hexdigest()
    return lambda: audit_log.record(home, event, None, {"file": file.name, "sha256": sha, **counts}, con)
