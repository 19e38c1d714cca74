"""Do the lists learn? Rounds of inspection in a made-up town: work list, verdicts read off the truth, next list.

All kinds of subject share one work list, best score first. Every list is measured on the leads nobody has judged yet,
and so is the order that never learned, on the same leads. Judged leads leave the list and the good ones go first, so
the town runs dry; a second town, in which nobody is ever judged, shows the order that the verdicts made without that.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl

from data.warehouse.connection import frame, transaction
from models.casebook import verdicts
from models.casebook.read import Told, columns
from models.evaluation.metrics import metrics
from models.ranking import selection
from models.ranking.capacity import Capacity
from models.ranking.rank import rank
from models.sources.source import Source

FIRST_DAY = date(2026, 1, 31)
#: What verdicts teach is kept in these; a second town is given the first one's to rank by.
TAUGHT = ("verdict", "verdict_evidence")


@dataclass(frozen=True)
class Plan:
    """How the rounds go: how many, leads a list, share drawn at random, share of verdicts that are wrong."""

    rounds: int = 3
    per_round: int = 50
    noise: float = 0.0
    control: float = 0.2
    objective: str = "both"


def curve(
    con: duckdb.DuckDBPyConnection,
    sources: Collection[Source],
    plan: Plan,
    seed: int,
    fresh: duckdb.DuckDBPyConnection | None = None,
) -> list[dict[str, Any]]:
    """One row a round from 0 (nobody judged) to `plan.rounds`: how good the next list is. Fills the empty casebook.

    Columns: round, judged, confirmed, ranked_by, precision (of the next list), unlearned (the same leads in the order
    that never learned), never and never_confirmed (a town that was inspected by that order from the start), possible
    (what an oracle would reach), ap, unlearned_ap (average precision over all unjudged leads), and of `fresh` (a ranked
    town with its truth) fresh, fresh_deep (its first list and the next one after it) and fresh_ap.
    """
    said = []
    never = _never(con, sources, plan, seed)
    for r in range(plan.rounds + 1):
        rank(con, sources, f"round-{r}-plain", plan.objective, seed, learning=False)
        plain = truth(con)
        rank(con, sources, f"round-{r}", plan.objective, seed)
        now = truth(con)
        row = {"round": r} | _so_far(con) | _measured(now, plain, plan.per_round) | never[r]
        if fresh is not None:
            row |= _elsewhere(con, fresh, sources, plan, seed)
        said.append(row)
        if r < plan.rounds:
            judge(con, sources, now, plan, seed, r)
    return said


def _never(
    con: duckdb.DuckDBPyConnection, sources: Collection[Source], plan: Plan, seed: int
) -> list[dict[str, float]]:
    """The same rounds by the order that never learns; the casebook is empty again afterwards."""
    said = []
    for r in range(plan.rounds + 1):
        rank(con, sources, f"never-{r}", plan.objective, seed, learning=False)
        now = truth(con)
        said.append({"never": _first(now, plan.per_round), "never_confirmed": _so_far(con)["confirmed"]})
        if r < plan.rounds:
            judge(con, sources, now, plan, seed, r)
    forget(con)
    return said


def forget(con: duckdb.DuckDBPyConnection) -> None:
    """Empty the casebook: every verdict, and every lead that was closed by one."""
    with transaction(con):
        for table in (*TAUGHT, "judged_finding", "lead_register", "group_membership"):
            con.execute(f"delete from casebook.{table}")


def truth(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Every lead of the last ranking with is_true, best score first whatever its kind; place counts from 1."""
    leads = frame(con, Path(__file__).with_name("lead_truth.sql").read_text(encoding="utf-8"))
    ordered = leads.sort("score", "amount", "lead_id", descending=[True, True, False])
    return ordered.drop("rank").with_columns(rank=pl.int_range(1, pl.len() + 1))


def judge(
    con: duckdb.DuckDBPyConnection, sources: Collection[Source], leads: pl.DataFrame, plan: Plan, seed: int, number: int
) -> int:
    """Take the round's work list, read its verdicts off the truth and append them; returns how many."""
    capacity = Capacity(top=plan.per_round, control=plan.control, per_rule=1.0, per_institution=plan.per_round)
    chosen = selection.choose(leads.select("lead_id", "rank"), capacity, seed + 1000 * number).leads
    asked = chosen.join(leads.select("lead_id", "is_true"), on="lead_id", maintain_order="left")
    wrong = np.random.default_rng([seed, number]).random(asked.height) < plan.noise
    found = asked["is_true"].to_numpy() ^ wrong
    told = pl.DataFrame(
        {
            "row_number": np.arange(1, asked.height + 1),
            "lead_id": asked["lead_id"],
            "conclusion": np.where(found, "confirmed", "dismissed"),
            "decided_on": [str(FIRST_DAY + timedelta(days=30 * number))] * asked.height,
            "arm": asked["arm"],
            "selection_probability": asked["probability"].cast(pl.String),
        }
    )
    lacking = [pl.lit(None, pl.String).alias(c) for c in columns() if c not in told.columns]
    rows = told.with_columns(*lacking).select("row_number", *columns())
    today = FIRST_DAY + timedelta(days=30 * plan.rounds)
    return verdicts.append(con, verdicts.plan(con, Told(f"round-{number}", rows, ()), sources, today))


def _so_far(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    judged = con.execute(
        "select count(*), count(*) filter (where conclusion = 'confirmed') from casebook.current_verdict"
    ).fetchall()[0]
    by = con.execute("select coalesce(model, '') || case when ranked_by = 'learned model' then ' live' else '' end"
                 " from model.ranking").fetchall()[0][0]  # fmt: skip
    return {"judged": int(judged[0]), "confirmed": int(judged[1]), "ranked_by": str(by)}


def _measured(now: pl.DataFrame, plain: pl.DataFrame, k: int) -> dict[str, float]:
    true = int(now["is_true"].sum())
    return {
        "precision": _first(now, k),
        "unlearned": _first(plain, k),
        "possible": min(1.0, true / min(k, now.height)) if now.height else float("nan"),
        "ap": _ap(now),
        "unlearned_ap": _ap(plain),
    }


def _first(leads: pl.DataFrame, k: int, after: int = 0) -> float:
    part = leads["is_true"].slice(after, k)
    return float(part.cast(pl.Float64).mean()) if len(part) else float("nan")  # type: ignore[arg-type]


def _ap(leads: pl.DataFrame) -> float:
    return metrics(-leads["rank"].cast(pl.Float64).to_numpy(), leads["is_true"].to_numpy(), np.ones(leads.height))[
        "average_precision"
    ]


def _elsewhere(
    con: duckdb.DuckDBPyConnection,
    fresh: duckdb.DuckDBPyConnection,
    sources: Collection[Source],
    plan: Plan,
    seed: int,
) -> dict[str, float]:
    """Rank the other town by this one's verdicts, which judge none of its own leads; leave it as it was."""
    taught = {table: frame(con, f"select * from casebook.{table}") for table in TAUGHT}
    own = {table: frame(fresh, f"select * from casebook.{table}") for table in TAUGHT}
    _put(fresh, taught)
    try:
        rank(fresh, sources, "elsewhere", plan.objective, seed)
        leads = truth(fresh)
    finally:
        _put(fresh, own)
    k = plan.per_round
    return {"fresh": _first(leads, k), "fresh_deep": _first(leads, k, after=k), "fresh_ap": _ap(leads)}


def _put(con: duckdb.DuckDBPyConnection, tables: Mapping[str, pl.DataFrame]) -> None:
    with transaction(con):
        for table, rows in tables.items():
            con.execute(f"delete from casebook.{table}")
            con.register("taught_frame", rows)
            con.execute(f"insert into casebook.{table} by name select * from taught_frame")
            con.unregister("taught_frame")


FIGURES = (
    "judged",
    "confirmed",
    "precision",
    "unlearned",
    "never",
    "never_confirmed",
    "possible",
    "ap",
    "unlearned_ap",
    "fresh",
    "fresh_deep",
    "fresh_ap",
)


def summarise(curves: Sequence[Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Mean and spread over seeds of each round; `gain` is precision less the order that never learned, paired."""
    from models.evaluation.report import spread

    made = []
    for rows in zip(*curves, strict=True):
        gain = [r["precision"] - r["unlearned"] for r in rows]
        since = [r["fresh_ap"] - c[0]["fresh_ap"] for r, c in zip(rows, curves, strict=True) if "fresh_ap" in r]
        made.append(
            {"round": rows[0]["round"], "live": sum("live" in r["ranked_by"] for r in rows)}
            | {f: spread(r.get(f) for r in rows) for f in FIGURES}
            | {"gain": spread(gain), "fresh_gain": spread(since)}
        )
    return made
