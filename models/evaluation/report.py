"""Figures over several towns: mean and spread, and as Markdown tables."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from models.evaluation.metrics import wilson

Figures = Mapping[str, Any]
#: Shown columns of a list's table: heading -> metric.
COLUMNS = {
    "P@10": "precision_at_10",
    "P@20": "precision_at_20",
    "P@50": "precision_at_50",
    "P@R": "precision_at_r",
    "recall@2R": "recall_at_2r",
    "AP": "average_precision",
    "NDCG@R (yuan)": "ndcg_at_r",
    "yuan@10 / oracle": "yuan_share_at_10",
    "yuan@50 / oracle": "yuan_share_at_50",
    "yuan@R / oracle": "yuan_share_at_r",
    "AUC": "auc",
    "size AUC": "size_auc",
    "lift@R": "lift_at_r",
}
RINGS = ("planted", "groups", "found", "found_share", "member_precision", "member_recall_of_found")
FALSE_ALARMS = ("subjects", "tier_a", "tier_ab", "first_2r")
#: Figures that are numbers of things, and the table that holds nothing else.
COUNTS = ("planted", "subjects", "rank_interval", "groups")
COUNTED = ("a town without fraud",)
CALM = ("subjects", "leads", "tier_a", "tier_b")
LOOKED = {"precision_at_10": 10, "precision_at_20": 20, "precision_at_50": 50}


def spread(values: Iterable[float | None]) -> dict[str, float]:
    """Mean, standard deviation (0 for a single value) and number of the values that are one."""
    figures = np.array([v for v in values if v is not None and not math.isnan(v)], dtype=float)
    if not len(figures):
        return {"mean": math.nan, "sd": math.nan, "n": 0}
    return {
        "mean": float(figures.mean()),
        "sd": float(figures.std(ddof=1)) if len(figures) > 1 else 0.0,
        "n": len(figures),
    }


def summarise(towns: Sequence[Figures]) -> dict[str, Any]:
    """Mean and spread over towns of all that `evaluate` measures in one; see `report_markdown`."""
    lists = {
        kind: {
            method: {m: spread(t["lists"][kind][method][m] for t in towns) for m in figures}
            for method, figures in methods.items()
        }
        for kind, methods in towns[0]["lists"].items()
    }
    for kind, methods in lists.items():
        for method, figures in methods.items():
            for metric, k in LOOKED.items():
                looked = sum(min(k, t["lists"][kind][method]["listed"]) for t in towns)
                low, high = wilson(figures[metric]["mean"], looked)
                figures[metric] |= {"low": low, "high": high}
    return {
        "seeds": [t["seed"] for t in towns],
        "lists": lists,
        "rings": _by(towns, "rings", ("scheme",), RINGS),
        "schemes": _by(towns, "schemes", ("scheme", "subject_type"), ("planted", "recall", "listed")),
        "novel": _by(towns, "novel", ("scheme", "subject_type"), ("planted", "recall", "listed")),
        "confounders": _by(towns, "confounders", ("kind", "subject_type"), FALSE_ALARMS),
        "stability": {
            kind: {m: spread(t["stability"].get(kind, {}).get(m) for t in towns) for m in ("overlap", "rank_interval")}
            for kind in sorted({k for t in towns for k in t["stability"]})
        },
        "honest": _by([t for t in towns if t.get("honest")], "honest", ("subject_type",), CALM),
        "permuted": _by(
            [t for t in towns if t.get("permuted")],
            "permuted",
            ("subject_type",),
            ("base_rate", "precision_at_r", "average_precision", "by_count", "expected", "auc"),
        ),
    }


def _by(towns: Sequence[Figures], part: str, keys: Sequence[str], values: Sequence[str]) -> list[dict[str, Any]]:
    rows_by_key: dict[tuple[Any, ...], list[Figures]] = {}
    for town in towns:
        for row in town[part]:
            rows_by_key.setdefault(tuple(row[k] for k in keys), []).append(row)
    return [
        dict(zip(keys, key, strict=True)) | {v: spread(row[v] for row in rows) for v in values}
        for key, rows in sorted(rows_by_key.items())
    ]


def report_markdown(results: Figures) -> str:
    """The summary as Markdown: one table a list, then schemes, rings, false alarms, stability, controls."""
    parts = []
    for kind, methods in results["lists"].items():
        ours = next(iter(methods.values()))
        head = (
            f"**{kind}**: {ours['planted']['mean']:,.0f} planted of {ours['subjects']['mean']:,.0f}"
            f" (R = planted; {len(results['seeds'])} towns)"
        )
        rows = [[method, *(cell(f[m]) for m in COLUMNS.values())] for method, f in methods.items()]
        parts.append(f"{head}\n\n{table(['order', *COLUMNS], rows)}")
    parts += [f"**{title}**\n\n{table(columns, rows)}" for title, columns, rows in others(results)]
    return "\n\n".join(parts)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def others(results: Figures) -> list[tuple[str, list[str], list[list[str]]]]:
    """(title, columns, rows) of every table that is no list's own; those without rows are left out."""
    stable = [{"subject_type": kind, **figures} for kind, figures in results["stability"].items()]
    without = {(r["scheme"], r["subject_type"]): r["recall"] for r in results["novel"]}
    schemes = [r | {"without": without.get((r["scheme"], r["subject_type"]))} for r in results["schemes"]]
    tables = [
        (
            "schemes",
            schemes,
            {
                "scheme": "scheme",
                "list": "subject_type",
                "planted": "planted",
                "recall@2R": "recall",
                "anywhere on the list": "listed",
                "recall@2R, its own sources off": "without",
            },
        ),
        (
            "rings",
            results["rings"],
            {
                "scheme": "scheme",
                "rings planted": "planted",
                "groups listed": "groups",
                "rings found": "found_share",
                "member precision": "member_precision",
                "member recall of those found": "member_recall_of_found",
            },
        ),
        (
            "honest look-alikes",
            results["confounders"],
            {
                "kind": "kind",
                "list": "subject_type",
                "of them": "subjects",
                "tier A": "tier_a",
                "tier A or B": "tier_ab",
                "in the first 2R": "first_2r",
            },
        ),
        (
            "the same town with other rank seeds",
            stable,
            {
                "list": "subject_type",
                "first R shared by two seeds": "overlap",
                "rank interval there, places": "rank_interval",
            },
        ),
        (
            "a town without fraud",
            results["honest"],
            {
                "list": "subject_type",
                "subjects": "subjects",
                "leads": "leads",
                "tier A": "tier_a",
                "tier B": "tier_b",
            },
        ),
        (
            "institution ids permuted",
            results["permuted"],
            {
                "list": "subject_type",
                "base rate": "base_rate",
                "P@R": "precision_at_r",
                "AP": "average_precision",
                "AP by count": "by_count",
                "AP of a random order": "expected",
                "AUC": "auc",
            },
        ),
    ]
    return [
        (
            title,
            list(columns),
            [[cell(row[name], title in COUNTED or name in COUNTS) for name in columns.values()] for row in rows],
        )
        for title, rows, columns in tables
        if rows
    ]


def cell(figure: Figures | str | None, is_count: bool = False) -> str:
    """A figure as text: mean ± spread (pooled 95 % interval where there is one); – where it does not exist."""
    if isinstance(figure, str):
        return figure
    if figure is None or figure["mean"] is None or math.isnan(figure["mean"]):
        return "–"
    text = number(figure["mean"], is_count)
    if figure["n"] > 1:
        text += f" ± {number(figure['sd'], is_count)}"
    return f"{text} ({figure['low']:.2f}–{figure['high']:.2f})" if "low" in figure else text


def number(value: float, is_count: bool = False) -> str:
    """Two digits for a share, at most one for a number of things."""
    if math.isnan(value):
        return "–"
    return f"{value:,.1f}".removesuffix(".0") if is_count or abs(value) >= 100 else f"{value:.2f}"


def text(value: object) -> str:
    """Any value of a table as text."""
    return "–" if value is None else number(value) if isinstance(value, float) else str(value)
