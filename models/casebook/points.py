"""Points of practitioners, tiers of institutions and drugstores: proposals from confirmed verdicts, never a decision.

Nothing here reads a finding, a lead or a score: whoever was only suspected has no points and no tier.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from data.errors import UsageError, like
from data.warehouse import events
from data.warehouse.connection import frame, has, transaction
from models.casebook import words

FOLDER = Path(__file__).parent
#: What a note is about, in English and as offices say it.
KINDS = {"repair": "repair", "objection": "objection", "share": "share"}
KINDS |= {"信用修复": "repair", "修复": "repair", "异议": "objection", "异议申诉": "objection", "责任认定": "share"}
#: How far somebody answers for a matter; none: not at all, and no points for it.
SHARES = {"general": "general", "important": "important", "main": "main", "none": "none"}
SHARES |= {"一般责任": "general", "重要责任": "important", "主要责任": "main", "无责任": "none"}
#: More than an event or a year can have is a slip of the pen.
MOST_POINTS = {"practitioner": Decimal(12), "institution": Decimal(100), "pharmacy": Decimal(100)}
#: What every table of a proposal says of itself.
DRAFT = "建议稿，须经集体研究决定"
TABLES = ("points_band", "points_share", "points_line", "points_repair", "tier_item", "tier_line")
Witness = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True)
class Proposal:
    """A year's tables: places with tier, score cards by item, practitioners with points, their events."""

    tiers: pl.DataFrame
    cards: pl.DataFrame
    points: pl.DataFrame
    events: pl.DataFrame


def proposal(con: duckdb.DuckDBPyConnection, year: int) -> Proposal:
    """The year's proposals. Raises UsageError where the HOME was last run before there were points and tiers."""
    ready(con)
    prepare(con)
    _table(con, "points_event")
    _table(con, "tier_card")
    cards = frame(con, "select * from tier_card where year = $year", {"year": year})
    happened = frame(con, "select * from points_event where year = $year", {"year": year})
    draft = pl.lit(DRAFT).alias("draft")
    return Proposal(
        frame(con, _query("tier_year"), {"year": year}).with_columns(draft),
        cards.with_columns(draft),
        frame(con, _query("points_year"), {"year": year}).with_columns(draft),
        happened.with_columns(draft),
    )


def ready(con: duckdb.DuckDBPyConnection) -> None:
    """Raises UsageError before the first run of a version that knows points and tiers."""
    tables = [*(f"knowledge.{t}" for t in TABLES), "casebook.points_note", "feature.institution"]
    if not all(has(con, t) for t in tables) or not has(con, "casebook.verdict", "penalty_on"):
        raise UsageError("This HOME has no run yet that knows points and tiers. Run `fundwatch run INPUT` first.")
    if not con.execute("select 1 from knowledge.points_band limit 1").fetchall():
        raise UsageError("This HOME has no run yet that knows points and tiers. Run `fundwatch run INPUT` first.")


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Temporary table scored_verdict: what people confirmed, delivered inspections too, and what stands of it."""
    words.prepare(con)
    _table(con, "scored_verdict")


def note(
    con: duckdb.DuckDBPyConnection,
    subject: str,
    kind: str,
    text: str,
    on: date,
    witness: Witness,
    points: float | None = None,
    matter: str | None = None,
    share: str | None = None,
) -> dict[str, Any]:
    """Append one note about a practitioner or a place; gives it. Raises UsageError for what cannot be noted."""
    ready(con)
    what = _word(KINDS, kind, "--kind", "repair, objection or share (信用修复, 异议, 责任认定)")
    subject_type, subject_id = _subject(con, subject)
    if not text:
        raise UsageError("Say with --text what was done or said; it is what the decision rests on.")
    if on > date.today():
        raise UsageError(f"--on {on} has not come yet. Give the day on which it happened.")
    taken = _points(points, what, subject_type)
    part = _share(share, what, subject_type)
    about = _matter(con, matter, what)
    values = {
        "subject_type": subject_type,
        "subject_id": subject_id,
        "kind": what,
        "acted_on": on,
        "matter": about,
        "points": taken,
        "share": part,
        "text": text,
    }
    same = " and ".join(f"{c} is not distinct from ${c}" for c in values)
    if con.execute(f"select 1 from casebook.points_note where {same}", values).fetchall():
        return {**values, "is_new": False}
    with transaction(con):
        stamp = events.stamp(con)
        names = ", ".join(["number", "written_at", *values])
        marks = ", ".join(["$number", "$at", *(f"${c}" for c in values)])
        con.execute(
            f"insert into casebook.points_note ({names}) values ({marks})",
            {"number": stamp.number, "at": stamp.at, **values},
        )
        witness(
            {"act": what, "subject_type": subject_type, "on": str(on), "points": None if taken is None else str(taken)}
        )
    return {**values, "is_new": True}


def _points(points: float | None, kind: str, subject_type: str) -> Decimal | None:
    if points is None:
        if kind == "repair":
            raise UsageError("Say with --points how many points the repair takes back.")
        return None
    if kind == "share":
        raise UsageError("--points is for a repair or an objection; a share says --share general, important or main.")
    most = MOST_POINTS[subject_type]
    if not 0 < points <= most or round(points, 2) != points:
        raise UsageError(f"--points is {points:g}; write a number above 0 and at most {most}, in hundredths at most.")
    return Decimal(str(points))


def _share(share: str | None, kind: str, subject_type: str) -> str | None:
    if kind != "share":
        if share:
            raise UsageError("--share goes with --kind share.")
        return None
    if subject_type != "practitioner":
        raise UsageError("A share of responsibility is a practitioner's; name the practitioner.")
    return _word(
        SHARES, share or "", "--share", "general, important, main or none (一般责任, 重要责任, 主要责任, 无责任)"
    )


def _word(words: Mapping[str, str], given: str, option: str, allowed: str) -> str:
    meaning = words.get(given.strip().lower())
    if meaning is None:
        raise UsageError(f"{option} is '{given}'; use {allowed}.")
    return meaning


def _matter(con: duckdb.DuckDBPyConnection, matter: str | None, kind: str) -> str | None:
    if matter is None:
        if kind == "share":
            raise UsageError("Say with --of which matter it is: its case number, lead or verdict.")
        return None
    if kind == "repair":
        raise UsageError("A repair is of the year's points and of no single matter; leave out --of.")
    prepare(con)
    rows = con.execute(
        "select 1 from scored_verdict where $m in (matter, case_no, lead_id, verdict_id) limit 1", {"m": matter}
    ).fetchall()
    if not rows:
        raise UsageError(f"No confirmed verdict that stands goes by '{matter}'. Give its case number, lead or verdict.")
    return matter


def _subject(con: duckdb.DuckDBPyConnection, subject: str) -> tuple[str, str]:
    """(kind, code) of the practitioner or place. Raises UsageError for one the record does not know."""
    rows = con.execute(
        """
        select case when is_pharmacy then 'pharmacy' else 'institution' end, institution_id
        from feature.institution where institution_id = $s
        union all
        select 'practitioner', practitioner_id from feature.practitioner where practitioner_id = $s
        """,
        {"s": subject},
    ).fetchall()
    if len(rows) != 1:
        codes = con.execute(
            "select institution_id from feature.institution union select practitioner_id from feature.practitioner"
        ).fetchall()
        near = like(subject, [c for (c,) in codes])
        raise UsageError(f"The record knows no practitioner, institution or drugstore '{subject}'.{near}")
    return str(rows[0][0]), str(rows[0][1])


def _table(con: duckdb.DuckDBPyConnection, name: str) -> None:
    con.execute(f"create or replace temp table {name} as {_query(name)}")


def _query(name: str) -> str:
    return (FOLDER / f"{name}.sql").read_text(encoding="utf-8")
