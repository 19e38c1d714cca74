"""The exact lines and settlements of leads: where the file is, the money that counts, the clause and the sentence."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import duckdb
import polars as pl

from data.warehouse.connection import frame
from features import build
from flows.publish.names import person_name_sql
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
QUERY = Path(__file__).with_name("evidence.sql")
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
) -> pl.DataFrame:
    """One row a finding of the leads that `where` (over `l`, model.lead) selects, with its lead_id first.

    Then comes what the place looks up first: department, file numbers, name and days; then the item, the money, the
    words, and the ids.
    """
    parts = {
        "title": sentence.card_sql(sources, language, "title"),
        "clause": sentence.card_sql(sources, language, "basis"),
        "sentence": sentence.sentence_sql(sources, language),
        "name": person_name_sql(unmask),
        "chosen": f"({where})",
    }
    query = QUERY.read_text(encoding="utf-8")
    if not _is_there(con, "finding_counted"):
        query = query.replace(COUNTED, UNCOUNTED)
    return frame(con, build.legible(con, query.format_map(parts)), params)


def _is_there(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    query = "select count(*) from duckdb_tables() where schema_name = 'model' and table_name = $table"
    return bool(con.execute(query, {"table": table}).fetchall()[0][0])
