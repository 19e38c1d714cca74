"""A round's work lists: what capacity leaves of each list, with the frame of the draw published before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from data.warehouse.connection import transaction
from flows.publish.labels import NOTHING, Known, labelled
from flows.publish.safe import write_csv
from flows.publish.watchlists import COLUMNS, SUBJECT_TYPES
from models.ranking import capacity as capacities
from models.ranking import days, selection
from models.ranking.capacity import Capacity
from models.ranking.selection import Frame

#: Arm of what fills the days that a draw left over; no part of what is estimated from the round.
SPARE = "spare"
FRAME, ROUND = "worklist_frame.csv", "worklist.csv"
WORKLIST = (
    "lead_id, subject_type, subject_id, subject_name, region, rank, tier, job, effort_days, arm, probability,"
    " amount_at_risk, fund_at_risk, expected_yield, yield_per_day, run_id"
).split(", ")


@dataclass(frozen=True)
class Plan:
    """What is settled before the draw: every lead (capacity.leads), the frames, and the jobs of those in them.

    One frame for each list, or one for all of them where days are shared out; jobs: lead_id, job, effort, yield.
    """

    leads: pl.DataFrame
    frames: dict[str, Frame]
    jobs: pl.DataFrame
    round: days.Round | None = None
    days: float = 0.0


def plan(con: duckdb.DuckDBPyConnection, capacity: Capacity, seed: int, objective: str, least_yuan: float) -> Plan:
    """What capacity leaves to choose outright and to chance."""
    leads = capacities.leads(con, capacity, least_yuan)
    whole = days.whole(leads)
    if capacity.days is not None:
        planned = days.plan(leads, capacity, seed, objective)
        jobs = pl.concat([planned.jobs, whole.join(planned.jobs, on="lead_id", how="anti", maintain_order="left")])
        return Plan(leads, {"days": planned.frame}, jobs, planned, capacity.days)
    lists = {kind: leads.filter(pl.col("subject_type") == kind) for kind in SUBJECT_TYPES}
    return Plan(leads, {kind: selection.frame_of(rows, capacity, seed) for kind, rows in lists.items()}, whole)


def publish(planned: Plan, path: Path, labels: str = "names") -> dict[str, str]:
    """Write whom the draw is from: lead, stratum, its size and places, seed and hash; returns the hashes.

    To be called before `draw`: whoever keeps the file can repeat the draw.
    """
    kinds = planned.leads.select("lead_id", "subject_type")
    parts = []
    for frame in planned.frames.values():
        places = dict(enumerate(frame.places))
        stratum = pl.col("stratum").cast(pl.Int64)
        parts.append(
            frame.below.join(kinds, on="lead_id", maintain_order="left").select(
                "lead_id",
                stratum=stratum,
                subject_type="subject_type",
                stratum_leads=pl.len().over("stratum").cast(pl.Int64),
                stratum_places=stratum.replace_strict(places, default=0, return_dtype=pl.Int64),
                seed=pl.lit(frame.seed),
                frame_hash=pl.lit(frame.hash),
            )
        )
    write_csv(labelled(pl.concat(parts), labels, "worklist_frame"), path)
    return {name: frame.hash for name, frame in planned.frames.items()}


def draw(con: duckdb.DuckDBPyConnection, planned: Plan, run_id: str) -> pl.DataFrame:
    """Draw, and remember who was chosen and with which probability.

    Columns: lead_id, subject_type, arm, probability, job, effort, yield; lists in their order, best rank first.
    """
    kinds = planned.leads.select("lead_id", "subject_type", "rank")
    order = pl.col("subject_type").replace_strict({k: n for n, k in enumerate(SUBJECT_TYPES)}, return_dtype=pl.Int64)
    chosen = []
    for frame in planned.frames.values():
        drawn = selection.draw(frame)
        rows = drawn.leads.join(planned.jobs, on="lead_id", maintain_order="left")
        if planned.round is not None:
            left = days.spare(planned.round, rows, planned.days - float(rows["effort"].sum()))
            named = selection.named(left, SPARE).join(left, on="lead_id", maintain_order="left")
            rows = pl.concat([rows, named.select(rows.columns)])
        rows = rows.join(kinds, on="lead_id", maintain_order="left").sort(order, "rank")
        for (kind,), own in rows.group_by("subject_type", maintain_order=True):
            _remember(con, own, str(kind), frame.seed, drawn.frame_hash, run_id)
        chosen.append(rows)
    return pl.concat(chosen).select("lead_id", "subject_type", "arm", "probability", "job", "effort", "yield")


def _remember(
    con: duckdb.DuckDBPyConnection, chosen: pl.DataFrame, subject_type: str, seed: int, frame_hash: str, run_id: str
) -> None:
    key = {"run": run_id, "kind": subject_type, "places": chosen.height}
    with transaction(con):
        con.execute(
            "delete from casebook.selection where run_id = $run and subject_type = $kind and places = $places", key
        )
        con.register("chosen_frame", chosen)
        con.execute(
            "insert into casebook.selection select $run, $kind, $places, lead_id, arm, probability, stratum, $seed,"
            " $hash from chosen_frame",
            {**key, "seed": seed, "hash": frame_hash},
        )
        con.unregister("chosen_frame")


def cut(lists: Mapping[str, pl.DataFrame], chosen: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The lists with the chosen leads alone."""
    arms = chosen.select("lead_id", "arm")
    return {
        kind: rows.join(arms, on="lead_id")
        .with_columns(control_arm=pl.col("arm") == "control")
        .sort("rank")
        .select(COLUMNS)
        for kind, rows in lists.items()
    }


def write(
    lists: Mapping[str, pl.DataFrame], chosen: pl.DataFrame, path: Path, *, labels: str, known: Known = NOTHING
) -> int:
    """worklist.csv: the chosen leads of all lists, best a day first, each with its job and its days; returns how many.

    `lists` are those whose leads were chosen from.
    """
    shown = pl.concat(lists.values()).select(
        "lead_id", "subject_id", "subject_name", "region", "rank", "tier", "amount_at_risk", "fund_at_risk", "run_id"
    )
    a_day = (pl.col("yield") / pl.max_horizontal("effort", 0.01)).round(2)
    rows = (
        chosen.join(shown, on="lead_id", maintain_order="left")
        .with_columns(expected_yield=pl.col("yield").round(2), yield_per_day=a_day, effort_days="effort")
        .sort("yield_per_day", "lead_id", descending=[True, False])
        .select(WORKLIST)
    )
    ids = labelled(rows.head(0).select("subject_id", "region"), labels, "worklist").columns
    write_csv(labelled(rows, labels, "worklist", known), path, ids=ids)
    return rows.height


def nothing_fits(planned: Plan, capacity: Capacity) -> str:
    """One sentence where days were given and no lead was chosen, else empty."""
    if capacity.days is None or not planned.leads.height or any(f.chosen.height for f in planned.frames.values()):
        return ""
    least = float(planned.leads.select(pl.min_horizontal("desk_days", "visit_days").min()).item())
    return f"no lead fits into {capacity.days:g} days: the smallest check takes {least:g}; the lists in --out are empty"
