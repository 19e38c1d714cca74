"""Paths as the engine reads them: it takes some characters of a name for a pattern, and others for the name's end."""

from __future__ import annotations

import re
from pathlib import Path

#: What the engine's files cannot have in their path: it ends a name at `?` and takes a backslash for a folder's end.
UNFIT = re.compile(r"[\\?]")


def literal(path: Path) -> str:
    """The path where a reader expects a pattern: `[`, `*` and `?` stand for themselves.

    A backslash before one of them would still be read as another name: who hands out delivered names gives such a file
    a plain name first (data/ingest/contents.py).
    """
    return re.sub(r"([\[*?])", r"[\1]", str(path))


def quoted(path: Path) -> str:
    """The same between an SQL text's apostrophes."""
    return escaped(literal(path))


def escaped(text: object) -> str:
    """A text, or a path that is no pattern (to write, to attach, to spill to), between an SQL text's apostrophes."""
    return str(text).replace("'", "''")
