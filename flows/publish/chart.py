"""The money of a lead by month, each yuan once, with the figures and the axis that a page draws."""

from __future__ import annotations

import math
from typing import Any

import polars as pl

#: Parts of the axis: a figure at nought and at each of them.
TICKS = 4


def day() -> pl.Expr:
    """The day of a finding: its own, else that of the charge or of the settlement."""
    clocks = (pl.col(c).str.slice(0, 10).str.to_date() for c in ("charged_at", "settled_at"))
    return pl.coalesce("occurred_on", *clocks)


def months(evidence: pl.DataFrame) -> dict[str, Any]:
    """bars (month, amount, share of the axis), none left out between first and last; ticks (share, yuan); undated yuan.

    Bars and undated together are the lead's counted money. No bars where nothing counts.
    """
    counted = evidence.filter(pl.col("counted_amount") != 0).with_columns(day=day())
    undated = counted.filter(pl.col("day").is_null())["counted_amount"].sum()
    dated = counted.filter(pl.col("day").is_not_null())
    if dated.is_empty():
        return {"bars": [], "ticks": [], "undated": undated}
    by_month = dated.group_by(month=pl.col("day").dt.truncate("1mo")).agg(amount=pl.col("counted_amount").sum())
    every = pl.select(month=pl.date_range(by_month["month"].min(), by_month["month"].max(), "1mo"))  # type: ignore[arg-type]
    step = _step(float(by_month["amount"].max() or 0))  # type: ignore[arg-type]
    bars = (
        every.join(by_month, on="month", how="left")
        .sort("month")
        .with_columns(pl.col("amount").fill_null(0))
        .select(
            pl.col("month").dt.strftime("%Y-%m"),
            "amount",
            share=(pl.col("amount").cast(pl.Float64) / (TICKS * step)).clip(0, 1),
        )
    )
    ticks = [{"share": n / TICKS, "yuan": step * n} for n in range(TICKS + 1)]
    return {"bars": bars.to_dicts(), "ticks": ticks, "undated": undated}


def _step(largest: float) -> float:
    """A round number of yuan, TICKS of which reach over the largest bar."""
    rough = max(largest, 1e-9) / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * n for n in (1, 2, 2.5, 5, 10) if power * n >= rough - 1e-12)
