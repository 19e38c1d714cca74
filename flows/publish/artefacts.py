"""The data clerk's lists: artefacts.csv, every finding whose likeliest cause is data, and artefact_tasks.csv."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl

from data.warehouse.connection import frame
from flows.publish.labels import NOTHING, Known, labelled
from flows.publish.safe import write_csv

IDS = ("institution_id", "settlement_id", "line_id")


def write(con: duckdb.DuckDBPyConnection, path: Path, labels: str = "names", known: Known = NOTHING) -> int:
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
    _write(rows, path, labels, known)
    return rows.height


def write_tasks(con: duckdb.DuckDBPyConnection, path: Path, labels: str = "names", known: Known = NOTHING) -> int:
    """One row a thing to put right at an institution, what most findings hang on first; returns the rows.

    A slip that several findings and subjects share is one task; the yuan are those of its lines, each once.
    """
    rows = frame(
        con,
        """
        with place as (
            select f.finding_id, a.kind, a.reason, a.reason_zh, f.source, f.institution_id, f.settlement_id, f.line_id,
                f.occurred_on, f.amount
            from model.artefact as a
            join model.finding as f on f.finding_id = a.finding_id
        ),

        task as (
            select kind, institution_id, reason, reason_zh, count(*) as findings, min(occurred_on) as first_on,
                max(occurred_on) as last_on, string_agg(distinct source, ';' order by source) as sources
            from place
            group by kind, institution_id, reason, reason_zh
        ),

        line as (
            select kind, institution_id, reason, settlement_id, line_id, max(amount) as amount
            from place
            where settlement_id is not null
            group by kind, institution_id, reason, settlement_id, line_id
        ),

        weighed as (
            select kind, institution_id, reason, count(distinct settlement_id) as settlements,
                count(line_id) as lines, sum(amount) as amount
            from line
            group by kind, institution_id, reason
        )

        select t.kind, t.institution_id, i.institution_name, t.reason, t.reason_zh, t.findings,
            coalesce(w.settlements, 0) as settlements, coalesce(w.lines, 0) as lines, t.first_on, t.last_on, w.amount,
            t.sources
        from task as t
        left join weighed as w
            on w.kind = t.kind and w.institution_id is not distinct from t.institution_id and w.reason = t.reason
        left join feature.institution as i on i.institution_id = t.institution_id
        order by t.findings desc, t.kind, t.institution_id, t.reason
        """,
    )
    _write(rows, path, labels, known)
    return rows.height


def _write(rows: pl.DataFrame, path: Path, labels: str, known: Known) -> None:
    ids = labelled(rows.head(0).select(i for i in IDS if i in rows.columns), labels, "artefacts").columns
    write_csv(labelled(rows, labels, "artefacts", known), path, ids)
