"""How far the cells of a workbook reach, before a reader makes room for all that lies between them."""

from __future__ import annotations

import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator

from data.errors import InputRefused

CHUNK = 4 << 20
#: A cell is never longer than this up to its value.
OVERLAP = 4096
#: Cells that hold something in a row of six digits or more, or in a column of three letters: the others are near.
MAY_BE_FAR_ROW, MAY_BE_FAR_COLUMN = re.compile(rb'r="[A-Za-z]{1,3}[0-9]{6}'), re.compile(rb'r="[A-Za-z]{3}[0-9]')
FAR_ROW = re.compile(rb'<c\b[^>]*?\br="([A-Za-z]{1,3})([0-9]{6,9})"[^>]*(?<!/)>\s*<[vif]')
FAR_COLUMN = re.compile(rb'<c\b[^>]*?\br="([A-Za-z]{3,4})([0-9]{1,9})"[^>]*(?<!/)>\s*<[vif]')
ROW = re.compile(rb"<row\b[^>]*(?<!/)>")
#: Repeats in an ods sheet of a cell or a row that holds something.
REPEATED = re.compile(
    rb'number-(?:rows|columns)-repeated="([0-9]{5,})"[^>]*(?<!/)>(?:\s*<table:table-cell[^>]*(?<!/)>)?\s*<text'
)
#: What the standard library says of a damaged archive.
DAMAGE = (
    zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error, lzma.LZMAError, OSError, IndexError,
    UnicodeError, struct.error, ValueError, OverflowError, MemoryError,
)  # fmt: skip
#: A sheet whose last row stands so many times further down than it has rows is no table but for a cell gone astray.
MOST_SPREAD = 50
MOST_BOX = 30_000_000
SHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)


def refuse_astray(content: bytes, name: str) -> None:
    """Raises InputRefused where a sheet has a cell so far from all others that reading it takes the memory of a table
    that fills the space between; what is no readable archive is for the reader to refuse."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            for part in book.namelist():
                if SHEET.fullmatch(part):
                    cell = _astray(_chunks(book, part))
                elif part == "content.xml":
                    cell = _repeated(_chunks(book, part))
                else:
                    continue
                if cell:
                    raise InputRefused(
                        f"{name} has a sheet with something in {cell}, far from its table. Delete what stands there,"
                        " with its row and column, and deliver it again; nothing was loaded."
                    )
    except DAMAGE:
        return


def _chunks(book: zipfile.ZipFile, part: str) -> Iterator[tuple[bytes, int]]:
    """Pieces that lie over each other, each with how many of its bytes came before."""
    with book.open(part) as handle:
        before = b""
        while chunk := handle.read(CHUNK):
            yield before + chunk, len(before)
            before = chunk[-OVERLAP:]


def _astray(chunks: Iterator[tuple[bytes, int]]) -> str:
    """The cell that stands astray; empty where there is none."""
    rows, lowest, widest, row_cell, column_cell = 0, 0, 0, "", ""
    for chunk, seen in chunks:
        rows += sum(1 for _ in ROW.finditer(chunk, seen))
        for match in FAR_ROW.finditer(chunk) if MAY_BE_FAR_ROW.search(chunk) else ():
            if (row := int(match[2])) > lowest:
                lowest, row_cell = row, (match[1] + match[2]).decode()
        for match in FAR_COLUMN.finditer(chunk) if MAY_BE_FAR_COLUMN.search(chunk) else ():
            if (column := _number(match[1])) > widest:
                widest, column_cell = column, (match[1] + match[2]).decode()
    if lowest > MOST_SPREAD * max(1, rows):
        return row_cell
    return column_cell if widest * max(lowest, rows) > MOST_BOX else ""


def _repeated(chunks: Iterator[tuple[bytes, int]]) -> str:
    """The same of an ods sheet, which says of a cell how often it stands there."""
    for chunk, _ in chunks:
        if match := REPEATED.search(chunk):
            return f"{int(match[1]):,} rows or columns at once"
    return ""


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number
