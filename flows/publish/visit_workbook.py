"""Visits in workbooks: a sheet a place in watchlists.xlsx, and the tally of one place as a workbook of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from flows.publish import workbook
from flows.publish.labels import columns, labelled
from flows.publish.names import person_name_sql
from flows.publish.safe import whole
from flows.publish.visits import COLUMNS, FOLDER, Visits
from flows.publish.words import words
from models.visits.tally import Tally, tally

#: Places with a sheet of their own in watchlists.xlsx: more than a round visits, and tabs beyond it nobody finds.
SHEETS = 30
#: Columns of a sheet, in characters.
WIDTHS = (22, 34, 24, 24, 14, 24, 14, 14)
RECORDS = (
    "place, department_code, department_name, record_number, case_number, is_number_missing, person_name, person_id,"
    " practitioner_name, practitioner_id, admitted_on, discharged_on, days, natures, nature, sources, lines, settlements,"
    " counted_amount, counted_fund, desk_amount, clock, moments, drawn, probability, seed, encounter_id, settlement_id"
).split(", ")


def add(book: Any, visits: Visits, labels: str) -> None:
    """The list of visits and a sheet for each of the best places, at the end of a workbook."""
    language = "zh" if labels == "zh" else "en"
    w = words(language)
    shown = visits.index()
    workbook.sheet(book, w["visits_sheet"], labelled(shown, labels, FOLDER, visits.known), COLUMNS, (1, 3))
    for institution_id in visits.worth()[:SHEETS]:
        fill(book, visits, institution_id)


def fill(book: Any, visits: Visits, institution_id: str, title: str = "") -> None:
    """One visit sheet, laid out for A4, with the same rows and sums as the page."""
    sheet, w = visits.sheet(institution_id), words(visits.language)
    place = sheet["place"]
    page = book.add_worksheet(title or _tab(institution_id))
    bold, head = book.add_format({"bold": True}), book.add_format({"bold": True, "bg_color": "#EEEEEE", "border": 1})
    text = book.add_format({"text_wrap": True, "valign": "top"})
    money = book.add_format({"num_format": "#,##0.00", "valign": "top"})
    for number, width in enumerate(WIDTHS):
        page.set_column(number, number, width)
    row = 0

    def line(cells: list[Any], form: Any = text) -> None:
        nonlocal row
        for column, cell in enumerate(cells):
            if cell is None or cell == "":
                continue
            is_money = type(cell).__name__ == "Decimal" or isinstance(cell, float)
            if is_money and form is text:
                page.write_number(row, column, float(cell), money)
            elif isinstance(cell, int):
                page.write_number(row, column, cell, form)
            else:
                page.write_string(row, column, f"{cell:,.2f}" if is_money else str(cell), form)
        row += 1

    line([f"{w['visit_title']}{w['colon']}{place['institution_name'] or institution_id}"], bold)
    line([w["visit_caution"]], book.add_format())
    line([w["code"], institution_id, w["region"], place["region"], w["run"], visits.run_id])
    line([w["visit_once"], place["amount"], w["fund"], place["fund"], w["expected"], place["expected"]])
    line([w["visit_desk"], place["desk_amount"], w["visit_site"], place["visit_amount"], w["visit_days"],
          w["visit_days_said"].format(desk=_days(place["desk_days"]), visit=_days(place["visit_days"]))])  # fmt: skip
    line([])
    line([w["visit_lead"], w["subject"], w["tier"], w["n_findings"], "", w["visit_here"], w["fund"]], head)
    for lead in sheet["leads"]["rows"]:
        named = f"{w[lead['subject_type']]} {lead['subject_name'] or ''} {lead['subject_id']}"
        line([lead["lead_id"], named, lead["tier"], lead["findings"], "", lead["amount"], lead["fund"]])
    _left(line, sheet["leads"], w)
    line([w["sum"], "", "", sheet["leads"]["findings"], "", sheet["leads"]["amount"], sheet["leads"]["fund"]])
    line([])
    columns_of = [w["nature"], w["rule"], w["visit_places"], w["visit_records_n"], w["visit_persons_n"]]
    line([*columns_of, w["visit_here"], w["fund"]], head)
    for part in ("desk", "visit"):
        line([w["visit_desk_part" if part == "desk" else "visit_site_part"], "", "", "", "", sheet[part]["amount"],
              sheet[part]["fund"]])  # fmt: skip
        for r in sheet[part]["rows"]:
            line([r["kind"], r["said"], r["places"], r["records"], r["persons"], r["amount"], r["fund"]])
        _left(line, sheet[part], w)
    line([w["sum"], "", "", "", "", place["amount"], place["fund"]])
    line([])
    line([w["visit_pull"].format(n=sheet["all_records"])], bold)
    line([w["department"], w["visit_number"], w["visit_name"], w["visit_stay"], w["practitioner"], w["visit_clock"],
          w["visit_natures"], w["visit_here"]], head)  # fmt: skip
    for r in sheet["records"]:
        stay = " – ".join(str(day) for day in dict.fromkeys((r["admitted_on"], r["discharged_on"])) if day)
        number = " / ".join(n for n in (r["record_number"], r["case_number"]) if n)
        by_bill = f"{w['visit_by_settlement']} {r['settlement_id']}"
        line([r["department_name"] or r["department_code"], number or by_bill, r["person_name"], stay,
              r["practitioner_name"] or r["practitioner_id"], r["clock"], r["natures"], r["counted_amount"]])  # fmt: skip
    line([])
    line([w["visit_people"]], bold)
    for d in sheet["doctors"]:
        line(
            [
                w["practitioner"],
                f"{d['name'] or ''} {d['id']}",
                w["visit_of_records"].format(n=d["records"]),
                d["amount"],
            ]
        )
    for d in sheet["persons"]:
        named = f"{d['person_name'] or ''} {d['person_id']}"
        line([w["person"], named, w["visit_of_records"].format(n=d["records"]), d["amount"]])
    line([w["fetch"]], bold)
    for ask in sheet["fetch"]:
        line(["□ " + ask], book.add_format())
    page.set_landscape()
    page.set_paper(workbook.A4)
    page.fit_to_pages(1, 0)


def write_tally(
    con: duckdb.DuckDBPyConnection,
    visits: Visits,
    institution_id: str,
    records: pl.DataFrame,
    path: Path,
    *,
    labels: str,
    unmask: bool = False,
) -> Tally:
    """<code>.xlsx: the visit sheet, the tally in four sheets, the record list, and what they add up to."""
    import xlsxwriter

    language = visits.language
    made = tally(con, institution_id, person_name_sql(unmask), language)
    w = words(language)
    named = "nature_zh" if language == "zh" else "nature"
    listed = records.with_columns(nature=pl.col(named)).select(RECORDS)
    kinds = {
        "summary": made.summary, "item": made.items, "line": made.lines, "all": made.every, "record": listed,
    }  # fmt: skip
    sums = made.sums()
    total = sums.filter(sheet="line").row(0, named=True)
    said = w["tally_sums"].format(amount=f"{total['counted_amount']:,}", fund=f"{total['counted_fund']:,}")

    def write(aside: Path) -> None:
        plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        with xlsxwriter.Workbook(aside, plain) as book:
            book.set_properties({"created": workbook.CREATED})
            fill(book, visits, institution_id, w["visits_sheet"])
            for name, rows in kinds.items():
                kept = _worded(rows.head(workbook.MOST), language)
                shown = labelled(kept, labels, "tally", visits.known)
                workbook.sheet(book, w[f"tally_{name}"], shown, kept.columns, (1, 0))
            about = sums.with_columns(pl.col("sheet").replace_strict({k: w[f"tally_{k}"] for k in kinds}))
            shown = labelled(about, labels, "tally")
            workbook.sheet(book, w["tally_about"], shown, about.columns, (1, 0))
            book.get_worksheet_by_name(w["tally_about"]).write_string(about.height + 2, 0, said)

    whole(path, write)
    return made


def _worded(rows: pl.DataFrame, language: str) -> pl.DataFrame:
    """Care settings and kinds of items in words, whatever the labels are called."""
    w = words(language)
    parts = {"care_setting": "care.", "item_source": "source."}
    worded = [
        pl.col(c).map_elements(lambda v, p=p: w.get(f"{p}{v}", v), return_dtype=pl.String)
        for c, p in parts.items()
        if c in rows.columns
    ]
    return rows.with_columns(worded)


def _left(line: Any, part: dict[str, Any], w: dict[str, str]) -> None:
    if part["left"]:
        others = w["visit_others"].format(n=part["left"])
        line(["", others, "", part["left_findings"], "", part["left_amount"], part["left_fund"]])


def _days(days: float | None) -> str:
    return "–" if days is None else f"{days:g}"


def _tab(institution_id: str) -> str:
    """A tab holds 31 characters, and not all of them."""
    return "".join("_" if c in r"[]:*?/\'" else c for c in institution_id)[:31]


#: Every column that a workbook of a visit can have, for the test that each has its label.
NAMED = tuple(columns("tally"))
