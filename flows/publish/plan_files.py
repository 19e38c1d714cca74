"""plan.csv, plan.xlsx and plan.html: a month of visits as the director signs it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from flows.publish import regions, workbook
from flows.publish.labels import Known, labelled
from flows.publish.safe import whole, write_csv
from flows.publish.words import page, words
from models.casebook.plans import Window
from models.visits.planning import Ask, Plan

PLAN = (
    "visit_id, team_number, start_on, start_half, end_on, end_half, institution_id, institution_name, subject_type,"
    " region, why, probability, due_on, inspector_days, travel_days, desk_days, records, share, amount, fund, expected,"
    " leads"
).split(", ")
IDS = ("institution_id", "region")


def table(made: Plan) -> pl.DataFrame:
    """The plan, a row a visit in the order in which they begin."""
    schema: dict[str, Any] = {
        **dict.fromkeys(PLAN, pl.String),
        "team_number": pl.Int64,
        "start_on": pl.Date,
        "end_on": pl.Date,
        "due_on": pl.Date,
        "probability": pl.Float64,
        "inspector_days": pl.Float64,
        "travel_days": pl.Float64,
        "desk_days": pl.Float64,
        "records": pl.Int64,
        "share": pl.Float64,
        "amount": pl.Decimal(16, 2),
        "fund": pl.Decimal(16, 2),
        "expected": pl.Float64,
        "leads": pl.Int64,
    }
    rows = [[{**v, "records": v["planned_records"]}.get(c) for c in PLAN] for v in made.visits]
    return pl.DataFrame(rows, schema=schema, orient="row")


def write(
    rows: pl.DataFrame,
    out: Path,
    *,
    plan_id: str | None,
    made: Plan,
    ask: Ask,
    free: Window,
    overdue: Sequence[dict[str, Any]],
    run_id: str,
    labels: str,
    language: str,
    known: Known,
) -> list[str]:
    """The three files into `out`; returns their names."""
    import xlsxwriter

    out.mkdir(parents=True, exist_ok=True)
    ids = labelled(rows.head(0).select(IDS), labels, "plan").columns
    write_csv(labelled(rows, labels, "plan", known), out / "plan.csv", ids=ids)
    w, zh = words(language), "zh" in (language, labels)
    shown = labelled(rows, "zh" if zh else labels, "plan", known)

    def fill(aside: Path) -> None:
        plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        with xlsxwriter.Workbook(aside, plain) as book:
            book.set_properties({"created": workbook.CREATED})
            workbook.sheet(book, words("zh" if zh else "en")["plan_title"], shown, rows.columns, (1, 0))

    whole(out / "plan.xlsx", fill)
    visits = rows.with_columns(
        pl.col("region").map_elements(lambda code: regions.named(code, known.regions), return_dtype=pl.String)
    )
    text = page(
        "plan",
        language,
        plan_id=plan_id or w["plan_draft"],
        visits=visits.to_dicts(),
        overdue=overdue,
        ask=ask,
        free=free,
        used=made.half_days * ask.team / 2,
        staff_days=ask.staff * ask.days - made.taken * ask.team / 2,
        drawn=made.drawn,
        frame=made,
        totals={c: rows[c].sum() for c in ("inspector_days", "desk_days", "records", "amount", "fund", "expected")},
        run_id=run_id,
    )
    whole(out / "plan.html", lambda aside: aside.write_text(text, encoding="utf-8"))
    return ["plan.csv", "plan.xlsx", "plan.html"]
