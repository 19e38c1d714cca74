"""Write tables as CSV; the large ones gzipped without a time stamp, so that equal tables are equal bytes."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from pathlib import Path

import polars as pl

ROWS_A_BLOCK = 150_000


def write_table(folder: Path, name: str, blocks: Iterable[pl.DataFrame], *, packed: bool = False) -> int:
    """Write the blocks of a table to `<name>.csv` or `<name>.csv.gz`; returns the number of rows."""
    rows = 0
    path = folder / (f"{name}.csv.gz" if packed else f"{name}.csv")
    with path.open("wb") as raw:
        if packed:
            with gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=3, mtime=0) as out:
                for number, block in enumerate(blocks):
                    out.write(block.write_csv(include_header=number == 0).encode())
                    rows += len(block)
        else:
            for number, block in enumerate(blocks):
                raw.write(block.write_csv(include_header=number == 0).encode())
                rows += len(block)
    return rows


def blocks_of(frame: pl.DataFrame) -> list[pl.DataFrame]:
    """Slices small enough to be turned into text one at a time; an empty table is one empty slice."""
    return list(frame.iter_slices(ROWS_A_BLOCK)) or [frame]
