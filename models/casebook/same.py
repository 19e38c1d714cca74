"""Two delivered codes that are one subject, as people say it: their findings make one lead, their history is one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import duckdb
import polars as pl

from data.errors import UsageError
from data.warehouse import events
from data.warehouse.connection import frame, has, transaction

VIEW = "casebook.current_same"


@dataclass(frozen=True)
class Pair:
    """Two codes of one kind of subject; the first is kept."""

    subject_type: str
    kept_id: str
    subject_id: str


def standing(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """subject_type, kept_id, subject_id, reason, owner, made_at (local): what holds."""
    if not has(con, VIEW):
        return pl.DataFrame(schema=["subject_type", "kept_id", "subject_id", "reason", "owner", "made_at"])
    return frame(
        con,
        f"""
        select subject_type, kept_id, subject_id, reason, owner,
            cast(made_at at time zone 'UTC' as timestamp) as made_at
        from {VIEW} order by subject_type, kept_id, subject_id
        """,
    )


def version(con: duckdb.DuckDBPyConnection) -> str:
    """Hash of what holds; empty where nothing was said."""
    rows = standing(con).select("subject_type", "kept_id", "subject_id").rows()
    return hashlib.sha256(repr(rows).encode()).hexdigest()[:16] if rows else ""


def pair(con: duckdb.DuckDBPyConnection, kept: str, other: str) -> Pair:
    """The two codes with their kind. Raises UsageError for codes that nobody has, of two kinds, or twice the same."""
    if kept == other:
        raise UsageError(f"{kept} is given twice. Give the two codes of one subject.")
    kinds = {code: _kind(con, code) for code in (kept, other)}
    if unknown := [code for code, kind in kinds.items() if kind is None]:
        raise UsageError(
            f"No institution, practitioner or person has the code {unknown[0]} here. Take it from a list or the record."
        )
    if kinds[kept] != kinds[other]:
        raise UsageError(f"{kept} is a {kinds[kept]} and {other} a {kinds[other]}: they are not one subject.")
    return Pair(str(kinds[kept]), kept, other)


def say(
    con: duckdb.DuckDBPyConnection, pair: Pair, reason: str, owner: str, witness: Callable[[], None] = lambda: None
) -> None:
    """They are one from the next ranking on. Raises UsageError where that is said already or would make a chain."""
    held = {row["subject_id"]: row["kept_id"] for row in _of(con, pair.subject_type)}
    if held.get(pair.subject_id) == pair.kept_id:
        raise UsageError(f"{pair.subject_id} is the same as {pair.kept_id} already.")
    for code in (pair.kept_id, pair.subject_id):
        if code in held:
            raise UsageError(
                f"{code} is the same as {held[code]} already. Name that one, or take it back with `not-same`."
            )
    if pair.subject_id in held.values():
        raise UsageError(f"Others are the same as {pair.subject_id}. Give it first, as the code that is kept.")
    _append(con, pair, reason, owner, False, witness)


def take_back(
    con: duckdb.DuckDBPyConnection, pair: Pair, reason: str, owner: str, witness: Callable[[], None] = lambda: None
) -> Pair:
    """They are two again, whichever was kept. Raises UsageError where nobody said that they are one."""
    held = {row["subject_id"]: row["kept_id"] for row in _of(con, pair.subject_type)}
    turned = Pair(pair.subject_type, pair.subject_id, pair.kept_id)
    standing_pair = next((p for p in (pair, turned) if held.get(p.subject_id) == p.kept_id), None)
    if standing_pair is None:
        raise UsageError(f"Nobody said that {pair.kept_id} and {pair.subject_id} are the same, so they are two.")
    _append(con, standing_pair, reason, owner, True, witness)
    return standing_pair


def _append(
    con: duckdb.DuckDBPyConnection,
    pair: Pair,
    reason: str,
    owner: str,
    is_taken_back: bool,
    witness: Callable[[], None],
) -> None:
    with transaction(con):
        this = events.stamp(con)
        con.execute(
            "insert into casebook.same_subject values ($type, $id, $kept, $reason, $owner, $back, $at, $number)",
            {
                "type": pair.subject_type,
                "id": pair.subject_id,
                "kept": pair.kept_id,
                "reason": reason,
                "owner": owner or None,
                "back": is_taken_back,
                **this._asdict(),
            },
        )
        witness()


def _of(con: duckdb.DuckDBPyConnection, subject_type: str) -> list[dict[str, str]]:
    return standing(con).filter(pl.col("subject_type") == subject_type).to_dicts()


def _kind(con: duckdb.DuckDBPyConnection, code: str) -> str | None:
    rows = con.execute(
        """
        select case when is_pharmacy then 'pharmacy' else 'institution' end from feature.institution
        where institution_id = $code
        union all select 'practitioner' from feature.practitioner where practitioner_id = $code
        union all select 'person' from feature.person where person_id = $code
        """,
        {"code": code},
    ).fetchall()
    return str(rows[0][0]) if rows else None
