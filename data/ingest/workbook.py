"""Workbooks as plain grids of texts: xlsx, xlsb, xls, et and ods by what they are, web pages called xls as well.

Nothing is named here: which row of a grid is the header is for those who know the tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

from data import texts
from data.errors import InputRefused
from data.ingest import bounds

if TYPE_CHECKING:
    import fastexcel
    import polars as pl

ENDINGS = (".xlsx", ".xlsm", ".xls", ".et", ".xlsb", ".ods", ".xlt", ".xltx", ".ett", ".htm", ".html")
OLE, ZIP = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04"
#: No table is wider; sheets may declare 16,384 columns, almost all of them empty.
WIDEST = 512
#: What an error cell shows; it is no value, and it is not empty either.
ERRORS = {
    "Div0": "#DIV/0!",
    "NA": "#N/A",
    "Name": "#NAME?",
    "Null": "#NULL!",
    "Num": "#NUM!",
    "Ref": "#REF!",
    "Value": "#VALUE!",
    "GettingData": "#GETTING_DATA",
}


#: A whole number of more digits than a number cell keeps.
LONG = r"^[0-9]{16,}$"
#: The column of a grid that says where in the sheet its row stands.
PLACE = "place"


@dataclass(frozen=True)
class Sheet:
    """One sheet: its name, whether people see it, its cells as texts (null where empty), blank rows left out.

    The column PLACE, the last one, is the row's number in the sheet, from 1.
    """

    name: str
    is_hidden: bool
    cells: pl.DataFrame
    is_1904: bool = False  # day 0 is 1904-01-01, in the whole workbook


class NoWorkbook(Exception):
    """The file is text that was only called a workbook."""


def sheets(path: Path, name: str) -> Iterator[Sheet]:
    """The sheets that hold anything. Raises InputRefused for a file that cannot be read, NoWorkbook for plain text."""
    content = path.read_bytes()
    if not content.startswith((OLE, ZIP)):
        text = _text(content)
        if text is None:
            raise InputRefused(f"{name} cannot be read as a workbook (it is none). {ADVICE}")
        if re.search(r"urn:schemas-microsoft-com:office:spreadsheet", text[:4096]):
            raise InputRefused(f"{name} is a workbook saved as XML (2003). {ADVICE}")
        if re.search(r"<(html|table|tr)[\s>]", text[: texts.HEAD], re.IGNORECASE):
            yield from _page(text)
            return
        raise NoWorkbook
    if content.startswith(OLE) and "EncryptedPackage".encode("utf-16-le") in content:
        raise InputRefused(f"{name} is protected with a password. Save it without one; nothing was loaded.")
    bounds.refuse_astray(content, name)
    yield from _grids(content, name)


ADVICE = "Open it, save it as xlsx or CSV UTF-8 and deliver that; nothing was loaded."


def _grids(content: bytes, name: str) -> Iterator[Sheet]:
    import fastexcel
    import polars as pl

    is_1904 = bounds.is_1904(content)
    try:
        book = fastexcel.read_excel(content)
        for place, sheet_name in enumerate(book.sheet_names):
            sheet = book.load_sheet(
                place, header_row=None, skip_rows=0, dtypes="string", use_columns=lambda c: c.index < WIDEST
            )
            if sheet.width and sheet.total_height:
                batch, faults = sheet.to_arrow_with_errors()
                frame = _shown(pl.DataFrame(pl.from_arrow(batch)), faults)
                yield Sheet(sheet_name, sheet.visible != "visible", _solid(_rounded(frame, book, place)), is_1904)
    except (fastexcel.FastExcelError, OSError, pl.exceptions.PolarsError, ValueError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        secret = "password" in first.lower() or "encrypt" in first.lower()
        why = "it is protected with a password" if secret else first
        raise InputRefused(f"{name} cannot be read as a workbook ({why}). {ADVICE}") from error


def _shown(frame: pl.DataFrame, faults: object) -> pl.DataFrame:
    """Error cells with what they show: an empty cell would pass for a value that is not there."""
    of_column: dict[int, list[tuple[int, str]]] = {}
    for fault in getattr(faults, "errors", []) or []:
        kind = re.search(r"Error\((\w+)\)", fault.detail)
        row, column = fault.offset_position
        of_column.setdefault(column, []).append((row, ERRORS.get(kind[1], "#VALUE!") if kind else "#VALUE!"))
    for column, cells in of_column.items():
        if column < frame.width:
            series = frame.to_series(column).scatter([r for r, _ in cells], [t for _, t in cells])
            frame = frame.with_columns(series)
    return frame


def _rounded(frame: pl.DataFrame, book: fastexcel.ExcelReader, place: int) -> pl.DataFrame:
    """Long numbers of number cells as the floats that they are: their last digits are not those that were typed.

    A text of as many digits looks the same; asked whether it is true, only a number says so.
    """
    import polars as pl

    long = [i for i, name in enumerate(frame.columns) if frame[name].str.contains(LONG).any()]
    if not long:
        return frame
    # by a list the reader counts columns from the sheet's first, by a rule from the first that holds anything
    asked = book.load_sheet(
        place, header_row=None, skip_rows=0, dtypes="boolean", use_columns=lambda c: c.index in long
    ).to_polars()
    for i, is_number in zip(long, asked.iter_columns(), strict=True):
        name = frame.columns[i]
        digits = pl.col(name).str
        as_float = pl.format("{}.{}E+{}", digits.head(1), digits.slice(1, 14), digits.len_chars() - 1)
        is_rounded = pl.col(name).str.contains(LONG).fill_null(False) & is_number.is_not_null()
        frame = frame.with_columns(pl.when(is_rounded).then(as_float).otherwise(pl.col(name)).alias(name))
    return frame


def _solid(frame: pl.DataFrame) -> pl.DataFrame:
    """Columns c0, c1, ... of texts and PLACE; rows and the columns at the right that hold nothing are gone."""
    import polars as pl

    frame = frame.rename({old: f"c{i}" for i, old in enumerate(frame.columns)}).select(pl.all().cast(pl.String))
    width = frame.width
    numbered = frame.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias(PLACE))
    numbered = numbered.filter(pl.any_horizontal(pl.exclude(PLACE).str.strip_chars().ne("").fill_null(False)))
    frame = numbered.drop(PLACE)
    while width and frame.to_series(width - 1).drop_nulls().str.strip_chars().eq("").all():
        width -= 1
    return numbered.select(*frame.columns[:width], PLACE)


def _text(content: bytes) -> str | None:
    """The content as text; None where it is none."""
    head = content[: texts.HEAD]
    decoded = head.decode(texts.first_guess(head), "replace")
    strange = sum(decoded.count(c) for c in ("\0", "\ufffd", "\x01", "\x02", "\x03"))
    return texts.plain(content) if decoded.strip() and strange * 50 < len(decoded) else None


def _page(text: str) -> Iterator[Sheet]:
    import polars as pl

    reader = _Tables()
    reader.feed(text)
    for number, rows in enumerate(reader.tables, 1):
        width = min(max((len(r) for r in rows), default=0), WIDEST)
        if width:
            whole = [[*r, *[None] * (width - len(r))][:width] for r in rows]
            frame = pl.DataFrame(whole, schema={f"c{i}": pl.String for i in range(width)}, orient="row")
            yield Sheet(f"table{number}" if len(reader.tables) > 1 else "table", False, _solid(frame))


class _Tables(HTMLParser):
    """The tables of a web page as rows of cells; a cell over several columns stands in the first of them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[str | None]]] = []
        self._cell: list[str] | None = None
        self._span = 1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables.append([])
        elif tag == "tr" and self.tables:
            self._end_cell()
            self.tables[-1].append([])
        elif tag in ("td", "th") and self.tables and self.tables[-1]:
            self._end_cell()
            self._cell = []
            span = dict(attrs).get("colspan") or "1"
            self._span = int(span) if span.isdigit() and len(span) < 4 else 1
        elif tag == "br" and self._cell is not None:
            self._cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr", "table"):
            self._end_cell()

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)

    def _end_cell(self) -> None:
        if self._cell is not None and self.tables and self.tables[-1]:
            text = "".join(self._cell).strip()
            self.tables[-1][-1] += [text or None, *[None] * (self._span - 1)]
            self._cell = None
