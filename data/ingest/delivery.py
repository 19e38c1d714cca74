"""One delivered content: which table it is, where it is read from and how it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from data.contract import mapping
from data.errors import InputRefused
from data.ingest import heading

Stamp = tuple[int, int, int]


def stamp(path: Path) -> Stamp:
    """What changes when a file is written or another one gets its name."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns, status.st_ino


def refuse_changed(delivery: Delivery) -> None:
    """Raises InputRefused for a file that is no longer what its hash was taken of: somebody still copies it."""
    try:
        same = delivery.stamp is None or stamp(delivery.path) == delivery.stamp
    except OSError:
        same = False
    if not same:
        raise InputRefused(
            f"{delivery.name} was changed while it was read. Wait until it is copied whole and run again; nothing was"
            " loaded."
        )


@dataclass(frozen=True)
class Delivery:
    """One delivered content: where it is read from, which table, its hash, how it is written, its header."""

    path: Path
    name: str  # path inside the delivery, as the account shows it
    table: mapping.Table
    file_id: str  # sha256 of the content
    form: str  # text, parquet, grid
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    fields: dict[str, mapping.Field]  # header cell -> field
    updated: str | None  # header cell of the update time
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # national field: word -> code
    mends: str | None = None  # the delivered file whose rejected rows these are
    lines: int = 1  # lines of the text, rows of the sheet, up to the header and with it; 0 where it has none
    above: int = 0  # filled ones among them above the header
    quote: str = '"'  # what values stand between
    rows: int | None = None  # how many it must have, where that is known
    rows_above: int = 0  # lines above the header that look like rows
    stamp: Stamp | None = None  # of the file as it was when its hash was taken
    again: Mapping[str, str] = field(default_factory=dict)  # header cell -> the one before it that names the same field
    unit: str = ""  # of amounts, other than the yuan, as a line above the header says
    says: tuple[str, ...] = ()  # the lines above its header
    is_1904: bool = False  # a sheet of a workbook that counts its days from 1904

    @property
    def mark(self) -> str:
        """What parts the cells where the content is written once more: one character, its own where that will do."""
        return self.delimiter if self.delimiter in heading.DELIMITERS else ","

    @property
    def missing(self) -> list[str]:
        """Fields of the contract that the header lacks; a number that another field stands in for is not missed."""
        have = {f.source for f in self.fields.values()}
        lacking = set(self.table.lacks(have))
        return [
            f.source for f in self.table.fields if f.source not in have and (f.source in lacking or not f.is_required)
        ]


def once(fields: Mapping[str, mapping.Field]) -> tuple[dict[str, mapping.Field], dict[str, str]]:
    """The first cell that names each field, and of the others which one that is."""
    first: dict[str, str] = {}
    for cell, named in fields.items():
        first.setdefault(named.source, cell)
    again = {cell: first[named.source] for cell, named in fields.items() if first[named.source] != cell}
    return {cell: named for cell, named in fields.items() if cell not in again}, again


def renamed(delivery: Delivery, path: Path, encoding: str = "utf-8") -> Delivery:
    """The same delivery read from another place."""
    return replace(delivery, path=path, encoding=encoding, stamp=None)
