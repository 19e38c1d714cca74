"""The exact lines and settlements of leads: where the file is, the money that counts, the clause and the sentence."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date, datetime

import duckdb
import polars as pl

from data.warehouse.connection import frame, has
from features import build
from flows.publish import in_force
from flows.publish.names import person_name_sql
from flows.publish.words import words
from models.sources import sentence
from models.sources.source import Source

IDS = (
    "department_code",
    "record_number",
    "case_number",
    "settlement_id",
    "line_id",
    "encounter_id",
    "person_id",
    "institution_id",
    "practitioner_id",
    "item_code",
)
COUNTED = "model.finding_counted"
#: The same of a HOME of an earlier version, opened to be read only.
UNCOUNTED = """(
        select cast(null as varchar) as finding_id, cast(null as varchar) as lead_id,
            cast(null as decimal(16, 2)) as counted_amount, cast(null as decimal(16, 2)) as counted_fund,
            cast(null as varchar) as also_in
        where false
    )"""


def evidence(
    con: duckdb.DuckDBPyConnection,
    sources: Collection[Source],
    where: str,
    params: dict[str, object],
    language: str,
    *,
    unmask: bool = False,
    run_id: str = "",
) -> pl.DataFrame:
    """One row a finding of the leads that `where` (over `l`, model.lead) selects, with its lead_id first.

    Then comes what the place looks up first: department, file numbers, name and days; then the item, the money, the
    words, and the ids. What is beyond the limitation is marked as of the day in `run_id`, else of the last day billed.
    """
    in_force.make(con, sources)
    shown = {key: words(language)[key] for key in ("limitation_beyond", "loss_uncounted")}
    parts = {
        "title": sentence.title_sql(sources, language),
        "sentence": sentence.sentence_sql(sources, language),
        "name": person_name_sql(unmask),
        "practitioner": person_name_sql(unmask, "p.practitioner_name"),
        "chosen": f"({where})",
        # a HOME of an earlier version, opened to be read only, knows no areas
        "area": "v.area" if has(con, "feature.settlement", "area") else "null",
        "known_area": "k.area" if has(con, "knowledge.payment_method", "area") else "null",
    }
    query = in_force.query(con, "evidence")
    if not has(con, "model.finding_counted"):
        query = query.replace(COUNTED, UNCOUNTED)
    return frame(con, build.legible(con, query.format_map(parts)), {**params, **shown, "run_on": _day(con, run_id)})


def _day(con: duckdb.DuckDBPyConnection, run_id: str) -> date | None:
    """The day a run was made, which its id begins with: a replay marks what the run marked."""
    if re.match(r"\d{8}\b", run_id):
        return datetime.strptime(run_id[:8], "%Y%m%d").date()
    days = con.execute("select max(settled_on) from feature.settlement").fetchall()
    return days[0][0] if days else None
