"""Cells that Excel and WPS leave as they are, and files that appear whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from flows.home import id_form

#: Text that a spreadsheet would turn into a number: long digits, leading zeros, digits around an e.
_NUMBERISH = r"^(\d{12,}|0\d+|\d+[eE]\d+)$"
#: Full-width signs too: spreadsheets of Chinese systems take them for the plain ones.
_FORMULA = r"^[=+\-@\t\r＝＋－＠]"


def table(frame: pl.DataFrame, ids: Iterable[str] = ()) -> pl.DataFrame:
    """The frame with formula cells disarmed by a leading apostrophe and ids kept text by a trailing tab.

    The tab is what the platform's own exports use; ingest takes it off again.
    """
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    disarmed = frame.with_columns(
        pl.when(pl.col(c).str.contains(_FORMULA)).then("'" + pl.col(c)).otherwise(pl.col(c)).alias(c) for c in texts
    )
    return disarmed.with_columns(
        pl.when(pl.col(c).str.contains(_NUMBERISH)).then(pl.col(c) + "\t").otherwise(pl.col(c)).alias(c)
        for c in ids
        if c in texts and id_form.are_texts()
    )


def write_csv(frame: pl.DataFrame, path: Path, ids: Iterable[str] = ()) -> None:
    """UTF-8 with BOM, safe cells, booleans as 0 and 1."""
    write_ready(ready(frame, ids), path)


def ready(frame: pl.DataFrame, ids: Iterable[str] = ()) -> pl.DataFrame:
    """The frame as its cells are written: safe, booleans as 0 and 1. What is cut into many files is made ready once."""
    flags = [name for name, kind in frame.schema.items() if kind == pl.Boolean]
    return table(frame, ids).with_columns(pl.col(f).cast(pl.Int8) for f in flags)


def write_ready(frame: pl.DataFrame, path: Path) -> None:
    """A frame that `ready` gave, UTF-8 with BOM."""
    whole(path, lambda aside: frame.write_csv(aside, include_bom=True))


def whole(path: Path, write: object) -> None:
    """Run `write(path)` on a name aside, make it durable, then give it its name."""
    aside = path.with_name(path.name + ".part")
    try:
        write(aside)  # type: ignore[operator]
        with aside.open("rb") as handle:
            os.fsync(handle.fileno())
        aside.replace(path)
    except BaseException:  # a full disk leaves nothing beside what stood there
        aside.unlink(missing_ok=True)
        raise
