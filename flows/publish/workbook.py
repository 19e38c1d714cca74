"""watchlists.xlsx: the five lists as sheets laid out to be read and printed, and a sheet that explains each column."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from flows.publish.labels import NOTHING, Known, columns, labelled
from flows.publish.safe import whole
from flows.publish.words import words

if TYPE_CHECKING:
    from flows.publish.visits import Visits

#: A sheet holds 1,048,576 rows; a longer list ends here and is whole in its CSV.
MOST = 1_000_000
#: The same lists give the same bytes, whatever the clock says.
CREATED = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)
#: Pixels; what is not named is as wide as its header, and no narrower than NARROW. A date needs 80 to be shown.
WIDE = {
    "reasons": 480,
    "rules": 260,
    "subject_name": 190,
    "lead_id": 125,
    "subject_id": 165,
    "subject_type": 110,
    "region": 110,
    "peer_group": 150,
    "members": 165,
    "run_id": 150,
    "first_on": 85,
    "last_on": 85,
    "amount_at_risk": 95,
    "fund_at_risk": 95,
    "expected_yield": 95,
    "column": 150,
    "label": 120,
    "meaning": 620,
    "name_zh": 220,
    "reason": 420,
    "sources": 300,
}
NARROW, A_LETTER, A_CHARACTER, MARGIN = 62, 8, 14, 30
#: Long text that breaks into lines instead of running out of its cell.
WRAPPED = ("reasons", "rules", "subject_name", "peer_group", "members", "meaning", "reason", "sources")
STYLE = "Table Style Light 9"
A4 = 9


def write(
    lists: Mapping[str, pl.DataFrame],
    path: Path,
    *,
    language: str,
    labels: str,
    known: Known = NOTHING,
    official: pl.DataFrame | None = None,
    outside: Mapping[str, pl.DataFrame] | None = None,
    visits: Visits | None = None,
) -> None:
    """`lists`: subject type -> watchlist; `official`: what was screened of the official rules; `outside`: the tables of
    leads from outside, a sheet each that has rows; `visits`: the sheets of the places worth going to, which come last.

    Decimals become numbers, everything else stays what it is. The workbook is for people: with Chinese chosen for
    either, headers and values are Chinese.
    """
    import xlsxwriter

    labels = "zh" if "zh" in (language, labels) else labels

    def fill(aside: Path) -> None:
        # Text stays text: no formula, link or number is made of what came in with an export.
        plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        with xlsxwriter.Workbook(aside, plain) as book:
            book.set_properties({"created": CREATED})
            for kind, rows in lists.items():
                shown = labelled(rows.head(MOST), labels, known=known)
                sheet(book, words(language)[kind], shown, rows.columns, frozen=(1, 2))
            if official is not None:
                shown = labelled(official, labels, "official", known)
                sheet(
                    book, words(labels if labels == "zh" else "en")["official_sheet"], shown, official.columns, (1, 2)
                )
            for name, rows in (outside or {}).items():
                if rows.height:
                    shown = labelled(rows.head(MOST), labels, name, known)
                    sheet(book, words("zh" if labels == "zh" else "en")[f"sheet.{name}"], shown, rows.columns, (1, 1))
            fields = _fields(next(iter(lists.values())).columns, labels)
            sheet(
                book,
                words(labels if labels == "zh" else "en")["fields"],
                fields,
                ["column", "label", "meaning"],
                frozen=(1, 0),
            )
            if visits is not None:
                from flows.publish import visit_workbook  # it builds on this

                visit_workbook.add(book, visits, labels)

    whole(path, fill)


def write_table(rows: pl.DataFrame, path: Path, table: str, language: str, labels: str) -> None:
    """One table as a workbook of one sheet, laid out like the lists; `table` names its columns' labels."""
    import xlsxwriter

    labels = "zh" if "zh" in (language, labels) else labels

    def fill(aside: Path) -> None:
        plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        with xlsxwriter.Workbook(aside, plain) as book:
            book.set_properties({"created": CREATED})
            shown = labelled(rows.head(MOST), labels, table)
            kept = [
                c
                for c in rows.columns
                if labels != "zh" or columns(table).get(c) is None or columns(table)[c].values != "drop"
            ]
            sheet(book, words("zh" if labels == "zh" else "en")[f"sheet.{table}"], shown, kept, frozen=(1, 1))

    whole(path, fill)


def sheet(book: Any, title: str, rows: pl.DataFrame, named: list[str], frozen: tuple[int, int]) -> None:
    """One sheet; `named` are the machine names of its columns."""
    shown = rows.with_columns(pl.selectors.decimal().cast(pl.Float64), pl.selectors.boolean().cast(pl.Int8))
    called = dict(zip(rows.columns, named, strict=True))
    cells: dict[Any, Any] = {label: {"text_wrap": name in WRAPPED, "valign": "top"} for label, name in called.items()}
    sheet = shown.write_excel(
        workbook=book,
        worksheet=title,
        freeze_panes=frozen,
        column_formats=cells,
        column_widths={label: _width(label, name) for label, name in called.items()},
        dtype_formats={pl.Float64: "#,##0.00", pl.Int64: "0", pl.Int32: "0", pl.Int8: "0", pl.Date: "yyyy-mm-dd"},
        header_format={"bold": True, "text_wrap": True, "valign": "vcenter"},
        table_style=STYLE,
    ).get_worksheet_by_name(title)
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.set_footer("&L&A&R&P / &N")


def _width(label: str, name: str) -> int:
    written = sum(A_LETTER if letter.isascii() else A_CHARACTER for letter in label) + MARGIN
    return max(WIDE.get(name, NARROW), written if name not in WIDE else 0)


def _fields(names: list[str], labels: str) -> pl.DataFrame:
    """What each column is called and means, in the language of the headers."""
    known = columns()
    zh = labels == "zh"
    return pl.DataFrame(
        {
            "列名" if zh else "column": names,
            "中文名" if zh else "中文": [known[name].zh for name in names],
            "含义" if zh else "meaning": [known[name].meaning_zh if zh else known[name].meaning for name in names],
        }
    )
