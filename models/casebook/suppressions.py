"""Who is left off the lists for a reason that is no verdict: an approved exception, a case another unit works on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date

import duckdb
import polars as pl

from data.errors import UsageError
from data.warehouse import events
from data.warehouse.connection import frame, transaction

#: A group is found anew in every run; its lead is closed by a verdict instead.
SUBJECTS = ("institution", "pharmacy", "practitioner", "person")


def standing(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """subject_type, subject_id, source, until, reason, owner, made_at: what is in force; made_at is local."""
    return frame(
        con,
        """
        select * replace (cast(made_at at time zone 'UTC' as timestamp) as made_at) from casebook.current_suppression
        order by subject_type, subject_id, source nulls first
        """,
    )


def version(con: duckdb.DuckDBPyConnection) -> str:
    """Hash of what is in force; empty when nothing is."""
    rows = standing(con).drop("made_at").rows()
    return hashlib.sha256(repr(rows).encode()).hexdigest()[:16] if rows else ""


def add(
    con: duckdb.DuckDBPyConnection,
    subject_type: str,
    subject_id: str,
    *,
    source: str | None,
    until: date | None,
    reason: str,
    owner: str,
    lift: bool,
    witness: Callable[[], None] = lambda: None,
) -> None:
    """Append one row; `witness` is called before the end of the transaction, and where it fails nothing is appended.

    Raises UsageError for a subject that no finding or settlement knows, and for lifting what is not in force.
    """
    if subject_type not in SUBJECTS:
        raise UsageError(f"'{subject_type}' cannot be left off the lists; use {', '.join(SUBJECTS)}.")
    key = {"type": subject_type, "id": subject_id, "source": source}
    in_force = con.execute(
        "select count(*) from casebook.current_suppression where subject_type = $type and subject_id = $id"
        " and source is not distinct from $source",
        key,
    ).fetchall()[0][0]
    if lift and not in_force:
        raise UsageError(f"{subject_type} {subject_id} is not left off the lists, so nothing can be lifted.")
    if not lift and not _is_known(con, subject_type, subject_id):
        raise UsageError(f"No {subject_type} has the id {subject_id} here. Take it from a watchlist.")
    with transaction(con):
        this = events.stamp(con)
        con.execute(
            "insert into casebook.suppression values"
            " ($type, $id, $source, $until, $reason, $owner, $lift, $at, $number)",
            {**key, "until": until, "reason": reason, "owner": owner or None, "lift": lift, **this._asdict()},
        )
        witness()


def _is_known(con: duckdb.DuckDBPyConnection, subject_type: str, subject_id: str) -> bool:
    column = {"practitioner": "practitioner_id", "person": "person_id"}.get(subject_type, "institution_id")
    found = con.execute(
        f"""
        select 1 where exists (
            select 1 from model.finding where subject_type = $type and subject_id = $id
        ) or exists (select 1 from model.lead where subject_type = $type and subject_id = $id)
        or exists (select 1 from feature.fee_line where {column} = $id)
        """,
        {"type": subject_type, "id": subject_id},
    ).fetchall()
    return bool(found)
