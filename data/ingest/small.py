"""Small tables that people write for fundwatch itself: texts in any encoding, workbooks, under titles or not."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from data import texts
from data.errors import InputRefused
from data.ingest import decode
from data.ingest.unpack import Part, parts
from data.ingest.whole import SERIAL
from data.ingest.workbook import PLACE

if TYPE_CHECKING:
    import polars as pl

#: Rows among which the header is looked for.
WITHIN = 20


def rows(part: Part) -> list[list[str]]:
    """Every filled row as cells, its header among them. Raises InputRefused for what cannot be read as a table."""
    if part.form == "unread":
        raise InputRefused(part.why)
    if part.form in ("parquet", "grid"):
        import polars as pl

        try:
            frame = pl.read_parquet(part.path, glob=False).select(pl.all().cast(pl.String))
            frame = frame.drop(PLACE) if part.form == "grid" else frame
        except Exception as error:  # the reader raises kinds of its own
            raise InputRefused(f"{part.name} cannot be read as Parquet. Deliver the file again.") from error
        held = [[c or "" for c in row] for row in frame.rows()]
        if part.is_1904 and (days := [c for row in held for c in row if re.fullmatch(SERIAL, c)]):
            raise InputRefused(
                f"{part.name} is of a workbook that counts days from 1904 and holds the number {days[0]}, which may be"
                " a day. Save it as CSV UTF-8 and try again."
            )
        return held if part.form == "grid" else [list(frame.columns), *held]
    if part.form != "text":
        return []
    try:
        with decode.open_bytes(part.path) as handle:
            content = handle.read()
        header, below = texts.table(texts.plain(content))
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise InputRefused(
            f"{part.name} cannot be read as a table ({error}). Save it as CSV UTF-8 and try again."
        ) from error
    return [header, *(cells for _, cells in below)] if header else []


def headed(table: Sequence[Sequence[str]], is_known: Callable[[str], bool]) -> tuple[list[str], list[list[str]]]:
    """The header, which is the row that names most, and the rows below it, all as wide as it is."""
    named_cells = [sum(is_known(c) for c in row) for row in table[:WITHIN]]
    if not named_cells:
        return [], []
    place = named_cells.index(max(named_cells))
    header: list[str] = []
    for number, cell in enumerate(table[place], 1):
        name = " ".join(cell.split()).strip(texts.MARK)
        header.append(name if name and name not in header else f"{name or 'column'}_{number}")
    width = len(header)
    return header, [[*row, *[""] * width][:width] for row in table[place + 1 :]]


def frame(path: Path, is_known: Callable[[str], bool], work: Path) -> pl.DataFrame:
    """The first table of a file that people see, under its header, as texts; taken apart in `work`.

    Raises InputRefused for a file that cannot be read, OSError for one that is not there.
    """
    import polars as pl

    path.stat()
    for part in parts(path, path.name, work):
        header, below = headed([] if part.is_hidden else rows(part), is_known)
        if header:
            return pl.DataFrame(below, schema=dict.fromkeys(header, pl.String), orient="row")
    raise InputRefused(f"{path.name} holds no table. Save it as CSV UTF-8 and try again.")
