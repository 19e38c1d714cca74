"""A round's work lists: what capacity leaves of each list, with the frame of the draw published before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import duckdb
import polars as pl

from data.warehouse import transaction
from flows.exports.labels import labelled
from flows.exports.safe import write_csv
from flows.exports.watchlists import COLUMNS, SUBJECT_TYPES
from models.ranking import capacity as capacities
from models.ranking import selection
from models.ranking.capacity import Capacity
from models.ranking.selection import Frame

FRAME = "worklist_frame.csv"


def frames(con: duckdb.DuckDBPyConnection, capacity: Capacity, seed: int) -> dict[str, Frame]:
    """What is settled before the draw, of each subject type. Days go to the lists where they count most."""
    everyone = capacities.leads(con, capacity)
    days = None if capacity.days is None else capacities.split(everyone, capacity.days)
    made = {}
    for kind in SUBJECT_TYPES:
        own = capacity if days is None else replace(capacity, days=days.get(kind, 0.0))
        made[kind] = selection.frame_of(everyone.filter(pl.col("subject_type") == kind), own, seed)
    return made


def publish(made: Mapping[str, Frame], path: Path, labels: str = "names") -> dict[str, str]:
    """Write whom the draw is from: lead, stratum, its size and places, seed and hash; returns the hashes.

    To be called before `draw`: whoever keeps the file can repeat the draw.
    """
    parts = []
    for kind, frame in made.items():
        places = dict(enumerate(frame.places))
        stratum = pl.col("stratum").cast(pl.Int64)
        parts.append(
            frame.below.select(
                "lead_id",
                stratum=stratum,
                subject_type=pl.lit(kind),
                stratum_leads=pl.len().over("stratum").cast(pl.Int64),
                stratum_places=stratum.replace_strict(places, default=0, return_dtype=pl.Int64),
                seed=pl.lit(frame.seed),
                frame_hash=pl.lit(frame.hash),
            )
        )
    write_csv(labelled(pl.concat(parts), labels, "worklist_frame"), path)
    return {kind: frame.hash for kind, frame in made.items()}


def draw(
    con: duckdb.DuckDBPyConnection, lists: Mapping[str, pl.DataFrame], made: Mapping[str, Frame], run_id: str
) -> dict[str, pl.DataFrame]:
    """Draw, remember who was chosen and with which probability, and cut the lists to them."""
    return {kind: _drawn(con, rows, kind, made[kind], run_id) for kind, rows in lists.items()}


def _drawn(
    con: duckdb.DuckDBPyConnection, rows: pl.DataFrame, subject_type: str, frame: Frame, run_id: str
) -> pl.DataFrame:
    chosen = selection.draw(frame)
    key = {"run": run_id, "kind": subject_type, "places": chosen.leads.height}
    with transaction(con):
        con.execute(
            "delete from casebook.selection where run_id = $run and subject_type = $kind and places = $places", key
        )
        con.register("chosen_frame", chosen.leads)
        con.execute(
            "insert into casebook.selection select $run, $kind, $places, lead_id, arm, probability, stratum, $seed,"
            " $hash from chosen_frame",
            {**key, "seed": frame.seed, "hash": chosen.frame_hash},
        )
        con.unregister("chosen_frame")
    arms = chosen.leads.select("lead_id", "arm")
    return (
        rows.join(arms, on="lead_id").with_columns(control_arm=pl.col("arm") == "control").sort("rank").select(COLUMNS)
    )
