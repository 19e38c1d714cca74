"""What a round's verdicts say of all leads, not only of those somebody chose to check.

The ranked places stand for themselves; each lead drawn at random stands for 1 / probability leads below them.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl

from data.warehouse.connection import frame
from models.evaluation.metrics import Z, wilson

ROUND = ("run_id", "subject_type", "places")


def rounds(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """One row a work list with verdicts: precision of its ranked places, rate below them, prevalence and yuan of all.

    Intervals are 95 %. Columns: run_id, subject_type, places, chosen, judged, precision, precision_low,
    precision_high, drawn_judged, rate_below, rate_below_low, rate_below_high, leads, prevalence, prevalence_low,
    prevalence_high, yuan, yuan_low, yuan_high; what nobody was drawn for is null.
    """
    chosen = frame(con, (Path(__file__).with_name("rounds.sql")).read_text(encoding="utf-8"))
    said = [
        dict(zip(ROUND, key, strict=True)) | estimate(part)
        for key, part in chosen.group_by(ROUND, maintain_order=True)
        if part["is_true"].count()
    ]
    return pl.DataFrame(said, infer_schema_length=None) if said else pl.DataFrame()


def estimate(part: pl.DataFrame) -> dict[str, Any]:
    """One work list (arm, probability, stratum, is_true, yuan; null is_true = not judged); see `rounds`."""
    # those who filled the days a draw left over were among those drawn from, who are judged by the drawn alone
    ranked, drawn = part.filter(~pl.col("arm").is_in(["control", "spare"])), part.filter(pl.col("arm") == "control")
    below = float((1 / drawn["probability"]).sum()) if drawn.height else 0.0
    p, p_low, p_high = _share(ranked, float(ranked.height))
    rate, low, high = _share(_weighted(drawn), below)
    known = drawn.height == 0 or not math.isnan(rate)
    leads = ranked.height + below
    shares = [_all(ranked.height, a, below, b, leads) for a, b in ((p, rate), (p_low, low), (p_high, high))]
    yuan = _yuan(ranked, float(ranked.height), _weighted(drawn), below)
    return {
        "chosen": part.height,
        "judged": part["is_true"].count(),
        "precision": _or_null(p),
        "precision_low": _or_null(p_low, p),
        "precision_high": _or_null(p_high, p),
        "drawn_judged": drawn["is_true"].count(),
        "rate_below": _or_null(rate),
        "rate_below_low": _or_null(low, rate),
        "rate_below_high": _or_null(high, rate),
        "leads": round(leads),
        **{
            f"prevalence{end}": _or_null(v) if known and not math.isnan(p) else None
            for end, v in zip(("", "_low", "_high"), shares, strict=True)
        },
        **{f"yuan{end}": _or_null(v) for end, v in zip(("", "_low", "_high"), yuan, strict=True)},
    }


def _weighted(drawn: pl.DataFrame) -> pl.DataFrame:
    """Judged leads with the number each stands for: its stratum's leads over its judged ones.

    Where a stratum has none judged, all strata are taken together.
    """
    sizes = drawn.group_by("stratum").agg(
        size=(1 / pl.col("probability")).sum(), known=pl.col("is_true").count().cast(pl.Float64)
    )
    judged = drawn.filter(pl.col("is_true").is_not_null())
    if sizes.height and sizes["known"].min() == 0:
        return judged.with_columns(weight=pl.lit(float(sizes["size"].sum())) / max(judged.height, 1))
    return judged.join(sizes, on="stratum", maintain_order="left").with_columns(weight=pl.col("size") / pl.col("known"))


def _share(part: pl.DataFrame, size: float) -> tuple[float, float, float]:
    """Share that is true among `size` leads and its interval, narrower as the judged approach them all."""
    judged = part.filter(pl.col("is_true").is_not_null())
    if not judged.height:
        return math.nan, math.nan, math.nan
    y = judged["is_true"].to_numpy()
    w = judged["weight"].to_numpy() if "weight" in judged.columns else np.ones(len(y))
    share = float((w * y).sum() / w.sum())
    unseen = max(0.0, 1.0 - len(y) / size)
    if unseen < 1e-9:
        return share, share, share
    low, high = wilson(share, float(w.sum() ** 2 / (w**2).sum()) / unseen)
    return share, low, high


def _all(ranked: int, first: float, below: float, rest: float, leads: float) -> float:
    part = (ranked * first if ranked else 0.0) + (below * rest if below else 0.0)
    return part / leads if leads else math.nan


def _yuan(ranked: pl.DataFrame, size: float, drawn: pl.DataFrame, below: float) -> tuple[float, float, float]:
    """Horvitz-Thompson total of confirmed yuan with a normal interval, never below what is confirmed already."""
    total = variance = confirmed = 0.0
    parts = [(ranked.filter(pl.col("is_true").is_not_null()), size)]
    strata = drawn.partition_by("stratum") if drawn.height and drawn["weight"].n_unique() > 1 else [drawn]
    parts += [(p, float(p["weight"].sum()) if p.height else below) for p in strata]
    for part, leads in parts:
        if not leads:
            continue
        if not part.height:
            return math.nan, math.nan, math.nan
        y = part["yuan"].to_numpy()
        total += leads * float(y.mean())
        confirmed += float(y.sum())
        if len(y) > 1:
            variance += leads**2 * max(0.0, 1 - len(y) / leads) * float(y.var(ddof=1)) / len(y)
        elif leads > 1:
            variance = math.nan
    half = Z * math.sqrt(variance) if not math.isnan(variance) else math.nan
    return total, max(confirmed, total - half) if not math.isnan(half) else confirmed, total + half


def _or_null(value: float, unless: float = 0.0) -> float | None:
    return None if math.isnan(value) or math.isnan(unless) else value
