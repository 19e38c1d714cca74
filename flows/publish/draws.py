"""A draw as files: the frame before it, the result after it, and the proof that one follows from the other."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import polars as pl

from flows.publish.labels import labelled
from flows.publish.safe import write_csv
from models.casebook import lottery
from models.casebook.draws import Frame

FRAME, INSPECTORS, RESULT, FORM = "frame.csv", "inspectors.csv", "result.csv", "recheck.csv"
IDS = ("unit", "subject_id", "region", "avoids", "avoid")


def write_frame(settled: Frame, folder: Path, labels: str) -> dict[str, str]:
    """Write whom is drawn from and who is assigned, before anybody is drawn; gives the files' hashes."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    units = settled.units.with_columns(
        weight=(pl.col("weight") / lottery.SCALE).cast(pl.Decimal(10, 2)),
        probability=pl.col("probability").round(6),
        places=pl.lit(settled.places, pl.Int64),
        team=pl.lit(settled.team, pl.Int64),
        frame_hash=pl.lit(settled.hash),
    )
    _write(units, folder / FRAME, labels)
    _write(settled.inspectors.rename({"unit": "office", "avoids": "avoid"}), folder / INSPECTORS, labels)
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (FRAME, INSPECTORS)}


def write_result(draw_id: str, seed: int, settled: Frame, drawn: pl.DataFrame, folder: Path, labels: str) -> None:
    """Write who was drawn, with seed and frame, as it is published."""
    more = [c for c in ("subject_name", "region", "group_name") if c in drawn.columns]
    rows = drawn.select(
        pl.lit(draw_id).alias("draw_id"),
        "place",
        "unit",
        "subject_type",
        *more,
        pl.col("probability").round(6),
        "inspectors",
        pl.lit(seed, pl.Int64).alias("seed"),
        pl.lit(settled.hash).alias("frame_hash"),
    )
    _write(rows, folder / RESULT, labels)


def write_form(rows: pl.DataFrame, folder: Path, labels: str) -> None:
    """Write the form of a recheck: the leads that were drawn, with nothing of what the first inspection said."""
    blank = ("conclusion", "confirmed_amount", "reviewer", "rechecked_on", "reason")
    _write(rows.with_columns(pl.lit(None, pl.String).alias(column) for column in blank), folder / FORM, labels)


def short(settled: Frame, drawn: pl.DataFrame) -> list[dict[str, Any]]:
    """The units for which conflicts leave too few inspectors: somebody from elsewhere must go."""
    count = pl.col("inspectors").str.split(";").list.len().fill_null(0)
    rows = drawn.filter(count < settled.team) if settled.team else drawn.head(0)
    return rows.select("unit", "inspectors").to_dicts()


def _write(rows: pl.DataFrame, path: Path, labels: str) -> None:
    ids = labelled(rows.head(0).select(c for c in IDS if c in rows.columns), labels, "draw").columns
    write_csv(labelled(rows, labels, "draw"), path, ids=ids)
