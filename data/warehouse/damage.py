"""What is wrong with a warehouse file, in a sentence that says what to do; and how much of the machine one may take."""

from __future__ import annotations

import os
import re
from pathlib import Path

from data.errors import FundwatchError

#: Where a DuckDB file says what it is.
MAGIC_AT, MAGIC = 8, b"DUCK"
_DAMAGED = re.compile(
    r"corrupt|checksum|does not match stored|not a valid duckdb|database has been invalidated|serialization error",
    re.IGNORECASE,
)
_UNITS = {"": 1, "K": 1, "M": 2, "G": 3, "T": 4}


def refuse_foreign(path: Path) -> None:
    """Raise FundwatchError for a file that is no DuckDB database: the engine would fetch an extension to read it."""
    with path.open("rb") as handle:
        start = handle.read(MAGIC_AT + len(MAGIC))
    if start[MAGIC_AT:] != MAGIC:
        kind = "an SQLite database" if start.startswith(b"SQLite") else "another kind of file, or damaged"
        raise FundwatchError(
            f"{path} is no warehouse: it is {kind}. It was left as it is. Put the warehouse back from a copy, or choose"
            " another --home."
        )


def sentence(error: BaseException, path: Path | None = None) -> str | None:
    """What to tell of a damaged warehouse; None where the error says no such thing."""
    text = str(error).splitlines()[0].rstrip(". ") if str(error) else ""
    if "wal" in text.lower() and "replay" in text.lower():
        wal = f"{path}.wal" if path else "warehouse.duckdb.wal"
        return (
            f"The last changes of the warehouse, {wal}, are damaged, so it cannot be opened. It was left as it is. Put"
            " warehouse.duckdb and its .wal back from a copy; or move the .wal and warehouse.last away, which loses"
            " what the last command changed, and give that command again."
        )
    if _DAMAGED.search(text):
        return (
            f"The warehouse{f' {path}' if path else ''} is damaged: {text}. It was left as it is. Put it back from a"
            " copy; without one, choose a new --home and load the exports again: verdicts then come from their files."
        )
    return None


def within_memory(limit: str) -> str:
    """The limit, and of a machine that has less memory what it has."""
    match = re.fullmatch(r"([0-9.]+) ?([KMGT]?)(i?)B", limit.strip(), re.IGNORECASE)
    if match is None:
        return limit
    wanted = float(match[1]) * (1024 if match[3] else 1000) ** _UNITS[match[2].upper()]
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return limit if wanted <= there else f"{there // 1024}KiB"


def within_threads(threads: int) -> int:
    """The number, and no more than the machine has processors."""
    return min(threads, os.cpu_count() or 1)
