"""One lead as `explain` tells of it: its row on the list, its findings rule by rule, or what the register knows."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import duckdb
import polars as pl

from flows.publish import evidence
from flows.publish.watchlists import watchlist
from models.casebook import verdicts
from models.sources.source import Source


def listed(con: duckdb.DuckDBPyConnection, lead_id: str, run_id: str, language: str) -> dict[str, Any] | None:
    """The lead's row on its list, with the subject's name as the list writes it; None where no list has it."""
    kind = con.execute("select subject_type from model.lead where lead_id = $id", {"id": lead_id}).fetchall()
    if not kind:
        return None
    return watchlist(con, kind[0][0], run_id, language=language).filter(lead_id=lead_id).row(0, named=True)


def registered(con: duckdb.DuckDBPyConnection, lead_id: str) -> dict[str, Any] | None:
    """What the register and the casebook know of a lead that no list has; None for one that never was."""
    rows = verdicts.registered(con, lead_id)
    return rows.row(0, named=True) if rows.height else None


def findings(
    con: duckdb.DuckDBPyConnection, sources: Collection[Source], lead_id: str, language: str, run_id: str = ""
) -> pl.DataFrame:
    """The lead's findings with title, clause and sentence; `run_id` is the run that lists it."""
    return evidence.evidence(con, sources, "l.lead_id = $id", {"id": lead_id}, language, run_id=run_id)


def parts(con: duckdb.DuckDBPyConnection, lead_id: str) -> list[tuple[str, Any]]:
    """What the score is made of, the largest part first."""
    return con.execute(
        "select part, points from model.lead_part where lead_id = $id order by points desc, part", {"id": lead_id}
    ).fetchall()


def by_rule(findings: pl.DataFrame) -> list[tuple[tuple[Any, ...], pl.DataFrame]]:
    """(source, title, clause) and its findings, the source with the largest amount first, then the most findings."""
    groups = list(findings.group_by("source", "title", "clause", maintain_order=True))
    return sorted(groups, key=lambda group: (-(group[1]["amount"].sum() or 0), -group[1].height, group[0][0]))
