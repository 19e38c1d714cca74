"""Workbooks that go out of the house or to the director: plain sheets laid out for A4, text kept text."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from flows.publish.safe import whole
from flows.publish.workbook import A4, CREATED, MOST

#: Pixels of a column by its longest cell: no narrower than a date, no wider than a paragraph.
NARROW, BROAD, A_LETTER, A_CHARACTER, MARGIN = 70, 360, 7, 13, 22
MONEY, COUNT, DAY, SHARE = "#,##0.00", "0", "yyyy-mm-dd", "0.0%"


def write(
    path: Path,
    sheets: Mapping[str, pl.DataFrame],
    *,
    fill: Collection[str] = (),
    notes: Mapping[str, str] | None = None,
    shares: Collection[str] = (),
) -> None:
    """One sheet a frame, its columns as the header; `fill` names columns a person fills in, shown as such.

    `notes`: sheet -> a line below its table. `shares` are shown as percentages. Decimals become numbers of two places.
    """
    import xlsxwriter

    def make(aside: Path) -> None:
        plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        with xlsxwriter.Workbook(aside, plain) as book:
            book.set_properties({"created": CREATED})
            for title, rows in sheets.items():
                _sheet(book, title, rows, fill, (notes or {}).get(title), shares)

    path.parent.mkdir(parents=True, exist_ok=True)
    whole(path, make)


def _sheet(
    book: Any, title: str, rows: pl.DataFrame, fill: Collection[str], note: str | None, shares: Collection[str]
) -> None:
    shown = rows.head(MOST)
    sheet = book.add_worksheet(title[:31])
    head = {"bold": True, "text_wrap": True, "valign": "vcenter", "border": 1, "bg_color": "#E9EDF3"}
    heads = {False: book.add_format(head), True: book.add_format(head | {"bg_color": "#FFF2CC"})}
    for place, name in enumerate(shown.columns):
        values = shown[name]
        cell = {"valign": "top", "border": 1, "text_wrap": values.dtype == pl.String}
        cell |= {"num_format": SHARE if name in shares else _form(values.dtype)}
        sheet.set_column_pixels(place, place, _width(name, values))
        sheet.write(0, place, name, heads[name in fill])
        ready = values.cast(pl.Float64) if values.dtype.is_decimal() else values
        sheet.write_column(1, place, ready.cast(pl.Int8) if ready.dtype == pl.Boolean else ready, book.add_format(cell))
    if note:
        sheet.write(shown.height + 2, 0, note)
    sheet.freeze_panes(1, 0)
    if shown.width:
        sheet.autofilter(0, 0, max(shown.height, 1), shown.width - 1)
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.set_footer("&L&A&R&P / &N")


def _form(kind: pl.DataType) -> str:
    if kind.is_decimal() or kind.is_float():
        return MONEY
    return DAY if kind == pl.Date else COUNT if kind.is_integer() else "@"


def _width(name: str, values: pl.Series) -> int:
    longest = max([name, *values.head(2000).cast(pl.String).drop_nulls().to_list()], key=_pixels)
    return max(NARROW, min(BROAD, _pixels(longest) + MARGIN))


def _pixels(text: str) -> int:
    return sum(A_LETTER if letter.isascii() else A_CHARACTER for letter in text)
