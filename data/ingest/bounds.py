"""What a workbook's own bytes say before a reader opens it: how far its cells reach, from which day it counts."""

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
#: Beginnings of rows and of cells that hold something, in an ods sheet, and how often one of them stands there.
PIECE = re.compile(rb"<table:table-row\b[^>]*>|<table:(?:covered-)?table-cell\b[^>]*(?:(?<!/)>|value=[^>]*/>)")
TIMES = re.compile(rb'number-(?:rows|columns)-repeated="([0-9]+)"')
#: What the standard library says of a damaged archive.
DAMAGE = (
    zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error, lzma.LZMAError, OSError, IndexError,
    UnicodeError, struct.error, ValueError, OverflowError, MemoryError,
)  # fmt: skip
#: A sheet whose last row stands so many times further down than it has rows is no table but for a cell gone astray.
MOST_SPREAD = 50
MOST_BOX = 30_000_000
SHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
BINARY_SHEET = re.compile(r"xl/worksheets/[^/]+\.bin", re.IGNORECASE)
#: Records of a binary sheet: a row's beginning, and the cells that hold something.
ROW_RECORD, CELL_RECORDS = 0, range(2, 12)


def refuse_astray(content: bytes, name: str) -> None:
    """Raises InputRefused where a sheet has a cell so far from all others that reading it takes the memory of a table
    that fills the space between; what is no readable archive is for the reader to refuse."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            for part in book.namelist():
                if SHEET.fullmatch(part):
                    cell = _astray(_chunks(book, part))
                elif BINARY_SHEET.fullmatch(part):
                    cell = _in_records(book.read(part))
                elif part == "content.xml":
                    cell = _repeated(_chunks(book, part)) or _spread(_chunks(book, part))
                else:
                    continue
                if cell:
                    raise InputRefused(
                        f"{name} has a sheet with something in {cell}, far from its table. Delete what stands there,"
                        " with its row and column, and deliver it again; nothing was loaded."
                    )
    except DAMAGE:
        return


#: Where the old form, the new ones and ods say that day 0 is 1904-01-01, as workbooks begun on a Mac do.
OLD_BEGIN, OLD_1904 = b"\x09\x08\x10\x00\x00\x06\x05\x00", re.compile(rb"\x22\x00\x02\x00([\x00\x01])\x00")
XML_1904 = re.compile(rb"""\bdate1904=["'](1|true|on)["']""")
ODS_1904 = re.compile(rb"""null-date[^>]*date-value=["']1904-""")
PROPERTIES = 153


def is_1904(content: bytes) -> bool:
    """Whether the workbook counts days from 1904: a day that stands there as a plain number is not what it seems."""
    if content.startswith(b"\xd0\xcf"):
        match = OLD_1904.search(content, max(0, content.find(OLD_BEGIN)))
        return match is not None and match[1] == b"\x01"
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            names = book.namelist()
            if "xl/workbook.bin" in names:
                return _properties(book.read("xl/workbook.bin")) & 1 == 1
            part, form = ("xl/workbook.xml", XML_1904) if "xl/workbook.xml" in names else ("content.xml", ODS_1904)
            return any(form.search(chunk) for chunk, _ in _chunks(book, part))
    except (*DAMAGE, KeyError):
        return False


def _properties(content: bytes) -> int:
    """The flags of a binary workbook."""
    place = 0
    while place < len(content):
        kind, place = _varying(content, place)
        length, place = _varying(content, place)
        if kind == PROPERTIES:
            return int(struct.unpack_from("<I", content, place)[0])
        place += length
    return 0


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


def _spread(chunks: Iterator[tuple[bytes, int]]) -> str:
    """The same of an ods sheet whose repeats are small each, and together a table that no office has."""
    cells = rows = widest = width = times = 0
    for chunk, seen in chunks:
        for match in PIECE.finditer(chunk):
            if match.end() <= seen:
                continue
            repeated = TIMES.search(match[0])
            often = int(repeated[1]) if repeated else 1
            if match[0].startswith(b"<table:table-row"):
                times, width = often, 0
                continue
            rows, times, width, cells = rows + times, 0, width + often, cells + 1
            widest = max(widest, width)
    return f"{rows:,} rows by {widest:,} columns" if _is_astray(cells, rows, widest) else ""


def _in_records(content: bytes) -> str:
    """The same of a binary sheet (xlsb), which is a chain of records: kind, length, content."""
    place, row, rows, cells, lowest, widest = 0, 0, 0, 0, 0, 0
    while place < len(content):
        kind, place = _varying(content, place)
        length, place = _varying(content, place)
        if kind == ROW_RECORD:
            (row,), rows = struct.unpack_from("<I", content, place), rows + 1
        elif kind in CELL_RECORDS:
            cells, lowest = cells + 1, max(lowest, row + 1)
            widest = max(widest, struct.unpack_from("<I", content, place)[0] + 1)
        place += length
    is_far = lowest > max(100_000, MOST_SPREAD * rows)
    return f"row {lowest:,}, column {widest:,}" if is_far or _is_astray(cells, lowest, widest) else ""


def _is_astray(cells: int, rows: int, columns: int) -> bool:
    return rows * columns > max(MOST_BOX, MOST_SPREAD * cells)


def _varying(content: bytes, place: int) -> tuple[int, int]:
    """A number of seven bits a byte, least first; and where it ends."""
    number = shift = 0
    while True:
        byte = content[place]
        place += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, place
        shift += 7


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number
