"""artefacts.csv: the data clerk's list of findings whose likeliest cause is data."""

from __future__ import annotations

from pathlib import Path

import duckdb

from data.warehouse import frame
from flows.exports.safe import write_csv

IDS = ("institution_id", "settlement_id", "line_id")


def write(con: duckdb.DuckDBPyConnection, path: Path) -> int:
    """One row a finding and kind, by kind; returns the rows."""
    rows = frame(
        con,
        """
        select f.finding_id, f.source, a.kind, a.reason, a.reason_zh, f.institution_id, f.settlement_id, f.line_id,
            f.occurred_on, f.amount
        from model.artefact as a
        join model.finding as f on f.finding_id = a.finding_id
        order by a.kind, f.institution_id, f.source, f.settlement_id, f.line_id, f.finding_id
        """,
    )
    write_csv(rows, path, IDS)
    return rows.height
