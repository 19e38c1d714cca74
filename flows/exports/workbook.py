"""watchlists.xlsx: the five lists as sheets, ids as text, and a sheet that says what each column means."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from flows.exports.labels import ZH, labelled
from flows.exports.safe import whole
from flows.exports.words import words

#: A sheet holds 1,048,576 rows; a longer list ends here and is whole in its CSV.
MOST = 1_000_000
#: The same lists give the same bytes, whatever the clock says.
CREATED = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)
WIDE = {"reasons": 480, "rules": 240, "subject_name": 200, "lead_id": 130, "subject_id": 170}


def write(lists: Mapping[str, pl.DataFrame], path: Path, *, language: str, labels: str) -> None:
    """`lists`: subject type -> watchlist. Decimals become numbers, everything else stays what it is."""
    import xlsxwriter

    def fill(aside: Path) -> None:
        # Text stays text: no formula, link or number is made of what came in with an export.
        plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        with xlsxwriter.Workbook(aside, plain) as book:
            book.set_properties({"created": CREATED})
            for kind, rows in lists.items():
                _sheet(book, words(language)[kind], rows.head(MOST), labels)
            _sheet(book, "字段 fields", _fields(lists), "names")

    whole(path, fill)


def _sheet(book: object, name: str, rows: pl.DataFrame, labels: str) -> None:
    widths = {c: w for c, w in WIDE.items() if c in rows.columns}
    shown = rows.with_columns(pl.selectors.decimal().cast(pl.Float64), pl.selectors.boolean().cast(pl.Int8))
    labels_of = dict(zip(rows.columns, labelled(rows.head(0), labels).columns, strict=True))
    shown.rename(labels_of).write_excel(
        workbook=book,
        worksheet=name,
        freeze_panes=(1, 2),
        column_widths={labels_of[c]: w for c, w in widths.items()},
        dtype_formats={pl.Float64: "#,##0.00", pl.Int64: "0"},
        table_style="Table Style Light 1",
    )


def _fields(lists: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    columns = next(iter(lists.values())).columns
    return pl.DataFrame({"column": columns, "中文": [ZH.get(c, c) for c in columns]})
