"""findings.parquet, coverage.csv, account.csv and rejected.csv."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl

from data.warehouse import frame
from flows.exports.safe import whole

#: A finding that makes no lead (a trial source, judged or set aside by people) has no lead_id; of the others, the
#: counted amounts of a lead sum to what its list says.
FINDINGS = """
    select f.finding_id, f.source, f.source_version, f.certainty, f.outcome, f.subject_type,
        case when f.subject_type = 'group' then r.lead_id else f.subject_id end as subject_id, m.lead_id,
        f.settlement_id, f.line_id, f.encounter_id, f.person_id, f.institution_id, f.practitioner_id,
        f.occurred_on, f.amount, f.fund_amount, f.detail, c.status, m.counted_amount, m.counted_fund
    from model.finding as f
    join model.coverage as c on c.source = f.source
    left join model.finding_counted as m on m.finding_id = f.finding_id
    left join (
        select g.lead_id, g.subject_type, g.subject_key
        from casebook.lead_register as g join model.lead as l on l.lead_id = g.lead_id
    ) as r on r.subject_type = f.subject_type and r.subject_key = f.subject_id
    order by f.source, f.subject_type, f.finding_id
"""


def findings(con: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Every finding, also of trial rules; straight from DuckDB to the file."""

    def copy(aside: Path) -> None:
        name = str(aside).replace("'", "''")
        con.execute(f"copy ({FINDINGS}) to '{name}' (format parquet, compression zstd)")

    whole(path, copy)
    return int(con.sql("select count(*) from model.finding").fetchall()[0][0])


def coverage(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """What every rule and detector judged, hit and could not judge, and why."""
    return frame(
        con,
        "select source, kind, official, status, judged, hits, cannot_judge, reason, seconds"
        " from model.coverage order by kind desc, source",
    )


def account(con: duckdb.DuckDBPyConnection, ingest_id: str) -> pl.DataFrame:
    """The account of one delivery, file by file."""
    return frame(
        con,
        """
        select file, source_table as "table", rows_in, loaded, duplicate, replaced, rejected, yuan_in, yuan_loaded,
            yuan_duplicate, yuan_replaced, yuan_rejected
        from run.account where ingest_id = $id order by file
        """,
        {"id": ingest_id},
    )


def rejected(con: duckdb.DuckDBPyConnection, ingest_id: str) -> pl.DataFrame:
    """The rows of one delivery that could not be read, with their own text: mended, they can be delivered again."""
    return frame(
        con,
        """
        select file, row_number, source_table as "table", field, reason, raw
        from run.rejected where ingest_id = $id order by file, row_number
        """,
        {"id": ingest_id},
    )
