"""leads/<lead_id>/evidence.csv: the exact lines and settlements of every lead of tiers A and B."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import duckdb
import polars as pl

from data.warehouse import frame
from flows.exports.labels import labelled
from flows.exports.safe import write_csv
from models import explain
from models.source import Source

IDS = (
    "settlement_id",
    "line_id",
    "encounter_id",
    "person_id",
    "institution_id",
    "practitioner_id",
    "item_code",
)


def evidence(
    con: duckdb.DuckDBPyConnection, sources: Collection[Source], where: str, params: dict[str, object], language: str
) -> pl.DataFrame:
    """One row a finding of the leads that `where` (over `l`, model.lead) selects, with its lead_id first."""
    return frame(
        con,
        f"""
        select l.lead_id, f.finding_id, f.source, {explain.card_sql(sources, language, "title")} as title,
            {explain.card_sql(sources, language, "basis")} as clause, f.certainty,
            {explain.sentence_sql(sources, language)} as explanation,
            f.settlement_id, f.line_id, f.encounter_id, f.person_id, f.institution_id, f.practitioner_id,
            f.occurred_on, e.item_code, e.item_name, e.quantity, e.unit_price, e.amount as line_amount,
            coalesce(e.eligible_amount, s.eligible_amount) as eligible_amount, f.amount, f.fund_amount
        from model.lead as l
        join casebook.lead_register as r on r.lead_id = l.lead_id
        join model.finding as f on f.subject_type = l.subject_type
            and f.subject_id = case when l.subject_type = 'group' then r.subject_key else l.subject_id end
        join model.coverage as c on c.source = f.source and c.status = 'live'
        left join feature.settlement as s on s.settlement_id = f.settlement_id
        left join feature.fee_line as e on e.settlement_id = f.settlement_id and e.line_id = f.line_id
        where f.outcome = 'hit' and ({where})
        order by l.lead_id, f.source, f.occurred_on, f.settlement_id, f.line_id, f.finding_id
        """,
        params,
    )


def write(
    con: duckdb.DuckDBPyConnection, sources: Collection[Source], folder: Path, *, language: str, labels: str
) -> int:
    """One folder a lead; returns how many."""
    rows = evidence(con, sources, "l.tier in ('A', 'B')", {}, language)
    ids = labelled(rows.head(0).select(IDS), labels).columns
    packs = rows.partition_by("lead_id", as_dict=True, include_key=False, maintain_order=True)
    for (lead_id,), pack in packs.items():
        place = folder / str(lead_id)
        place.mkdir(parents=True, exist_ok=True)
        write_csv(labelled(pack, labels), place / "evidence.csv", ids=ids)
    return len(packs)
