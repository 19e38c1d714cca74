"""The least dose of a scheme that the lists detect: recall by planted share of a subject's business."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl

from data.warehouse.connection import frame
from models.evaluation import measure

HALF = 0.5
Town = Mapping[str, Any]


def town(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """subjects: every planted subject with share and is_found (see dose.sql); confounders: as `evaluate` counts."""
    subjects = frame(con, Path(__file__).with_name("dose.sql").read_text(encoding="utf-8"))
    return {"subjects": subjects.to_dicts(), "confounders": measure.confounders(con).to_dicts()}


def summarise(towns: Sequence[Town]) -> dict[str, Any]:
    """Over towns that say seed, dose, subjects and confounders: recall and share by dose, and the least dose.

    schemes: scheme, subject_type, and of each dose planted, share (median) and recall; least_share, least_dose where
    half of the subjects are found, by interpolation on a recall that does not fall with the dose; None where never.
    is_below: found already at the smallest dose. confounders: kind, subject_type, subjects, first_2r by dose.
    """
    doses = sorted({t["dose"] for t in towns})
    subjects = _stacked(towns, "subjects", pl.Float64, "share")
    by_dose = subjects.group_by("scheme", "subject_type", "dose").agg(
        planted=pl.len(), share=pl.col("share").median(), recall=pl.col("is_found").mean()
    )
    honest = _stacked(towns, "confounders", pl.Float64, "first_2r")
    alarms = honest.group_by("kind", "subject_type", "dose").agg(
        pl.col("subjects").sum(), first_2r=(pl.col("first_2r") * pl.col("subjects")).sum() / pl.col("subjects").sum()
    )
    return {
        "doses": doses,
        "seeds": sorted({t["seed"] for t in towns}),
        "schemes": [row | _least(row["by_dose"]) for row in _by(by_dose, ("scheme", "subject_type"))],
        "confounders": _by(alarms, ("kind", "subject_type")),
    }


def _stacked(towns: Sequence[Town], part: str, kind: Any, number: str) -> pl.DataFrame:
    parts = [
        pl.DataFrame(t[part], schema_overrides={number: kind}, infer_schema_length=None).with_columns(
            dose=pl.lit(float(t["dose"]))
        )
        for t in towns
        if t[part]
    ]
    return pl.concat(parts, how="vertical_relaxed")


def _by(rows: pl.DataFrame, keys: tuple[str, str]) -> list[dict[str, Any]]:
    grouped = rows.sort(*keys, "dose").partition_by(*keys, maintain_order=True)
    return [{k: part[k][0] for k in keys} | {"by_dose": part.drop(*keys).to_dicts()} for part in grouped]


def _least(by_dose: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Where the recall, smoothed so that it never falls, passes one half."""
    from sklearn.isotonic import IsotonicRegression

    doses = np.array([d["dose"] for d in by_dose], dtype=float)
    share = np.array([np.nan if d["share"] is None else d["share"] for d in by_dose], dtype=float)
    recall = np.array([d["recall"] for d in by_dose], dtype=float)
    weight = np.array([d["planted"] for d in by_dose], dtype=float)
    smooth = IsotonicRegression(y_min=0, y_max=1).fit_transform(doses, recall, sample_weight=weight)
    reached = np.flatnonzero(smooth >= HALF)
    if not len(reached):
        return {"least_dose": None, "least_share": None, "is_below": False}
    at = int(reached[0])
    if at == 0:
        return {"least_dose": float(doses[0]), "least_share": _number(share[0]), "is_below": True}
    part = float((HALF - smooth[at - 1]) / (smooth[at] - smooth[at - 1]))
    between = [float(v[at - 1] + part * (v[at] - v[at - 1])) for v in (doses, share)]
    return {"least_dose": between[0], "least_share": _number(between[1]), "is_below": False}


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def tables(summary: Mapping[str, Any]) -> list[tuple[str, list[str], list[list[str]]]]:
    """(title, columns, rows): recall by dose with the least detected share, and what honest look-alikes suffer."""
    doses = summary["doses"]
    schemes = [
        [
            row["scheme"],
            row["subject_type"],
            _most(row["by_dose"], "planted"),
            *_cells(row["by_dose"], doses, _recall),
            _said(row),
        ]
        for row in summary["schemes"]
    ]
    honest = [
        [row["kind"], row["subject_type"], _most(row["by_dose"], "subjects"), *_cells(row["by_dose"], doses, _alarm)]
        for row in summary["confounders"]
    ]
    heads = [f"dose {dose:g}" for dose in doses]
    return [
        (
            "planted share of a subject's money: recall@2R",
            ["scheme", "list", "subjects", *heads, "half are found from"],
            schemes,
        ),
        ("honest look-alikes within the first 2R", ["kind", "list", "of them", *heads], honest),
    ]


def _most(by_dose: Sequence[Mapping[str, Any]], name: str) -> str:
    return f"{max(d[name] for d in by_dose):,}"


def _cells(by_dose: Sequence[Mapping[str, Any]], doses: Sequence[float], cell: Any) -> list[str]:
    by_value = {d["dose"]: d for d in by_dose}
    return [cell(by_value[dose]) if dose in by_value else "–" for dose in doses]


def _recall(figure: Mapping[str, Any]) -> str:
    share = "–" if figure["share"] is None else f"{figure['share']:.1%}"
    return f"{share}: {figure['recall']:.2f}"


def _alarm(figure: Mapping[str, Any]) -> str:
    return f"{figure['first_2r']:.2f}"


def _said(row: Mapping[str, Any]) -> str:
    if row["least_dose"] is None:
        return "not found"
    share = f"dose {row['least_dose']:.2g}" if row["least_share"] is None else f"{row['least_share']:.1%}"
    return f"{'at most ' if row['is_below'] else ''}{share}"
