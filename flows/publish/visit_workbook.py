"""Visits in workbooks: a sheet a place in watchlists.xlsx, and the tally of one place as a workbook of its own."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from flows.publish import workbook
from flows.publish.labels import labelled
from flows.publish.names import masked, person_name_sql
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
    " practitioner_name, practitioner_id, admitted_on, discharged_on, days, natures, nature, sources, lines,"
    " settlements, counted_amount, counted_fund, desk_amount, clock, moments, drawn, probability,"
    " seed, encounter_id, settlement_id"
).split(", ")


def add(book: Any, visits: Visits, labels: str) -> None:
    """The list of visits and a sheet for each of the best places, at the end of a workbook."""
    language = "zh" if labels == "zh" else "en"
    w = words(language)
    shown = visits.index()
    workbook.sheet(book, w["visits_sheet"], labelled(shown, labels, FOLDER, visits.known), COLUMNS, (1, 3))
    for institution_id in visits.worth()[:SHEETS]:
        fill(book, visits, institution_id)


class _Page:
    """A worksheet that is written line by line: text wraps, money is a number, whatever came with an export is text."""

    def __init__(self, book: Any, title: str) -> None:
        self.sheet, self.row = book.add_worksheet(title), 0
        self.bold, self.plain = book.add_format({"bold": True}), book.add_format()
        self.head = book.add_format({"bold": True, "bg_color": "#EEEEEE", "border": 1})
        self._text = book.add_format({"text_wrap": True, "valign": "top"})
        self._money = book.add_format({"num_format": "#,##0.00", "valign": "top"})
        for number, width in enumerate(WIDTHS):
            self.sheet.set_column(number, number, width)
        self.sheet.set_landscape()
        self.sheet.set_paper(workbook.A4)
        self.sheet.fit_to_pages(1, 0)

    def line(self, *cells: Any, form: Any = None) -> None:
        """One row; an empty cell stays empty."""
        for column, cell in enumerate(cells):
            if isinstance(cell, Decimal | float):
                self.sheet.write_number(self.row, column, float(cell), form or self._money)
            elif isinstance(cell, int):
                self.sheet.write_number(self.row, column, cell, form or self._text)
            elif cell:
                self.sheet.write_string(self.row, column, str(cell), form or self._text)
        self.row += 1


def fill(book: Any, visits: Visits, institution_id: str, title: str = "") -> None:
    """One visit sheet, laid out for A4, with the same rows and sums as the page."""
    sheet, w = visits.sheet(institution_id), words(visits.language)
    place, page = sheet["place"], _Page(book, title or _tab(institution_id))
    page.line(f"{w['visit_title']}{w['colon']}{place['institution_name'] or institution_id}", form=page.bold)
    page.line(w["visit_caution"], form=page.plain)
    page.line(w["code"], institution_id, w["region"], place["region"], w["run"], visits.run_id)
    page.line(w["visit_once"], place["amount"], w["fund"], place["fund"], w["expected"], place["expected"])
    days = w["visit_days_said"].format(desk=_days(place["desk_days"]), visit=_days(place["visit_days"]))
    proved, open_ = (w["visit_desk"], place["desk_amount"]), (w["visit_site"], place["visit_amount"])
    page.line(*proved, *open_, w["visit_days"], days)
    page.line()
    _leads(page, sheet["leads"], w)
    _problems(page, sheet, w)
    _records(page, sheet, w)
    _people(page, sheet, w)


def _leads(page: _Page, leads: dict[str, Any], w: dict[str, str]) -> None:
    page.line(w["visit_lead"], w["subject"], w["tier"], w["n_findings"], "", w["visit_here"], w["fund"], form=page.head)
    for lead in leads["rows"]:
        named = f"{w[lead['subject_type']]} {lead['subject_name'] or ''} {lead['subject_id']}"
        page.line(lead["lead_id"], named, lead["tier"], lead["findings"], "", lead["amount"], lead["fund"])
    _left(page, leads, w)
    page.line(w["sum"], "", "", leads["findings"], "", leads["amount"], leads["fund"])
    page.line()


def _problems(page: _Page, sheet: dict[str, Any], w: dict[str, str]) -> None:
    titles = ("nature", "rule", "visit_places", "visit_records_n", "visit_persons_n", "visit_here", "fund")
    page.line(*(w[title] for title in titles), form=page.head)
    for part, title in (("desk", "visit_desk_part"), ("visit", "visit_site_part")):
        page.line(w[title], "", sheet[part]["findings"], "", "", sheet[part]["amount"], sheet[part]["fund"])
        for r in sheet[part]["rows"]:
            page.line(r["kind"], r["said"], r["places"], r["records"], r["persons"], r["amount"], r["fund"])
        _left(page, sheet[part], w)
    page.line(w["sum"], "", "", "", "", sheet["place"]["amount"], sheet["place"]["fund"])
    page.line()


def _records(page: _Page, sheet: dict[str, Any], w: dict[str, str]) -> None:
    titles = ("department", "visit_number", "visit_name", "visit_stay", "practitioner", "visit_clock")
    page.line(w["visit_pull"].format(n=sheet["all_records"]), form=page.bold)
    page.line(*(w[title] for title in (*titles, "visit_natures", "visit_here")), form=page.head)
    for r in sheet["records"]:
        stay = " – ".join(str(day) for day in dict.fromkeys((r["admitted_on"], r["discharged_on"])) if day)
        number = " / ".join(n for n in (r["record_number"], r["case_number"]) if n)
        where = number or f"{w['visit_by_settlement']} {r['settlement_id']}"
        who = " ".join(filter(None, (r["practitioner_name"], r["practitioner_id"])))
        seat = r["department_name"] or r["department_code"]
        page.line(seat, where, r["person_name"], stay, who, r["clock"], r["natures"], r["counted_amount"])
    page.line()


def _people(page: _Page, sheet: dict[str, Any], w: dict[str, str]) -> None:
    page.line(w["visit_people"], form=page.bold)
    everyone = [(w["practitioner"], d["name"], d["id"], d) for d in sheet["doctors"]]
    everyone += [(w["person"], d["person_name"], d["person_id"], d) for d in sheet["persons"]]
    for kind, name, code, d in everyone:
        page.line(kind, f"{name or ''} {code}", w["visit_of_records"].format(n=d["records"]), d["amount"])
    page.line(w["fetch"], form=page.bold)
    for ask in sheet["fetch"]:
        page.line("□ " + ask, form=page.plain)


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
    if not unmask:
        made = replace(made, lines=masked(made.lines), every=masked(made.every))
    w = words(language)
    named = "nature_zh" if language == "zh" else "nature"
    listed = records.with_columns(nature=pl.col(named)).select(RECORDS)
    kinds = {
        "summary": made.summary,
        "item": made.items,
        "line": made.lines,
        "all": made.every,
        "record": listed,
    }
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
    named = {
        c: {key.removeprefix(p): word for key, word in w.items() if key.startswith(p)}
        for c, p in parts.items()
        if c in rows.columns
    }
    return rows.with_columns(pl.col(c).replace(known) for c, known in named.items())


def _left(page: _Page, part: dict[str, Any], w: dict[str, str]) -> None:
    if part["left"]:
        others = w["visit_others"].format(n=part["left"])
        page.line("", others, "", part["left_findings"], "", part["left_amount"], part["left_fund"])


def _days(days: float | None) -> str:
    return "–" if days is None else f"{days:g}"


def _tab(institution_id: str) -> str:
    """A tab holds 31 characters, and not all of them."""
    return "".join("_" if c in r"[]:*?/\'" else c for c in institution_id)[:31]
