"""The exact lines and settlements of leads: where the file is, the money that counts, the clause and the sentence."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import duckdb
import polars as pl

from data.warehouse import frame
from flows.exports.names import person_name_sql
from models import explain
from models.source import Source

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
        "title": explain.card_sql(sources, language, "title"),
        "clause": explain.card_sql(sources, language, "basis"),
        "sentence": explain.sentence_sql(sources, language),
        "name": person_name_sql(unmask),
        "where": where,
    }
    return frame(con, QUERY.read_text(encoding="utf-8").format_map(parts), params)
