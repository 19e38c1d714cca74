"""The exact lines and settlements of leads, each with its clause and its sentence."""

from __future__ import annotations

from collections.abc import Collection

import duckdb
import polars as pl

from data.warehouse import frame
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
