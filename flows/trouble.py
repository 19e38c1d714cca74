"""What a full disk, a folder that cannot be written or too little memory is called, in one plain sentence."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator

import duckdb

from data.warehouse import damage

FULL = re.compile(r"no space left|could not write|quota exceeded|file too large|os error (27|28|122)\b", re.IGNORECASE)
LOCKED = re.compile(r"read-only file system|permission denied|os error (13|30)\b", re.IGNORECASE)
NO_TABLE = re.compile(r"Table with name (\w+) does not exist")
FULL_CODES = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def sentence(error: BaseException, doing: str) -> str | None:
    """What to tell the user of an error of the machine, or None when it is none; `doing` names the step."""
    told = [(one, str(one)) for one in _behind(error)]
    if any(getattr(one, "errno", None) in FULL_CODES or FULL.search(text) for one, text in told):
        return f"The disk is full: {doing} stopped. Free some space and run again; what was finished stays."
    if any(LOCKED.search(text) for _, text in told):
        return f"{doing} cannot write: {_first_line(error)}. Choose another --home, or allow writing there."
    damaged = [words for one, _ in told if isinstance(one, duckdb.Error) and (words := damage.sentence(one))]
    if damaged:
        return damaged[0]
    if any(isinstance(one, duckdb.OutOfMemoryException | MemoryError) for one, _ in told):
        return f"{doing} needs more memory than allowed. Raise memory_limit in fundwatch.toml."
    if isinstance(error, OSError | duckdb.IOException | duckdb.FatalException | duckdb.InternalException):
        return f"{doing} stopped: {_first_line(error)}. What was finished stays."
    return None


def lacking(error: BaseException) -> str | None:
    """What to tell of a table that only a run makes, in a HOME that had none: whatever command asks for it."""
    name = NO_TABLE.search(str(error)) if isinstance(error, duckdb.CatalogException) else None
    if name is None:
        return None
    return f"This HOME has no run yet, so there is no {name[1]} to ask. Run `fundwatch run INPUT` first."


def _behind(error: BaseException) -> Iterator[BaseException]:
    """The error and those it came from: a failed rollback hides the full disk that caused it."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _first_line(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error).splitlines()[0].rstrip(".")
