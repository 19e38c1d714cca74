"""Where verdicts, tips and history enter the order: what they add to the log odds, and to the money."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import numpy as np
import polars as pl

from models import belief
from models.belief import Array, Intervals
from models.learning.learn import LEARNED, PRIOR, Learned


def added(leads: pl.DataFrame, evidence: pl.DataFrame, known: Learned, alone: Array) -> tuple[list[str], Array]:
    """Names of parts, and leads x parts: what each adds to the log odds of `alone`, the chance by the evidence."""
    tips, history = leads["tips"].to_numpy(), leads["prior_confirmed"].to_numpy()
    names, made = (
        ["tips", "history"],
        np.column_stack([belief.beside(tips, 0 * history), belief.beside(0 * tips, history)]),
    )
    if known.model is None:
        return names, made
    keyed = leads.select(
        "subject_type",
        "findings",
        "settlements",
        "persons",
        "tips",
        key="lead_id",
        amount=pl.col("amount_at_risk").cast(pl.Float64),
        history="prior_confirmed",
        days=(pl.col("last_on") - pl.col("first_on")).dt.total_days(),
    )
    prior = belief.moved(alone, made.sum(axis=1))
    more, learnt = known.model.parts(keyed, evidence.rename({"lead_id": "key"}), prior)
    return [*names, *more], np.column_stack([made, learnt])


def repriced(con: duckdb.DuckDBPyConnection, leads: pl.DataFrame, factor: Array, shift: Array) -> pl.DataFrame:
    """A lead whose chance was moved is worth more or less in proportion, never more than its money; so its lines."""
    leads = leads.with_columns(prior_yield=pl.col("expected_yield").cast(pl.Float64))
    if not shift.any():
        return leads
    changed = leads.select("lead_id", factor=pl.Series(factor, dtype=pl.Float64)).filter(pl.Series(shift != 0))
    con.register("factor_frame", changed)
    con.execute(
        """
        update model.lead_line as u set rate = least(1, u.rate * f.factor)
        from factor_frame as f where f.lead_id = u.lead_id
        """
    )
    con.unregister("factor_frame")
    worth = pl.min_horizontal(
        pl.col("prior_yield") * pl.Series(factor, dtype=pl.Float64), pl.col("amount_at_risk").cast(pl.Float64)
    )
    return leads.with_columns(
        expected_yield=pl.when(pl.Series(shift != 0))
        .then(worth.round(2).cast(pl.Decimal(16, 2)))
        .otherwise(pl.col("expected_yield"))
    )


def keep(con: duckdb.DuckDBPyConnection, made_of: pl.DataFrame, stands: Intervals) -> None:
    """Replace model.lead_part and model.top_noise."""
    noise = pl.DataFrame(
        [(k, json.dumps(np.sort(s).round(4).tolist())) for k, s in stands.shared.items()],
        schema={"subject_type": pl.String, "draws": pl.String},
        orient="row",
    )
    for table, rows in (("lead_part", made_of), ("top_noise", noise)):
        con.execute(f"delete from model.{table}")
        con.register("kept_frame", rows)
        con.execute(f"insert into model.{table} by name select * from kept_frame order by all")
        con.unregister("kept_frame")


def store(con: duckdb.DuckDBPyConnection, known: Learned) -> None:
    """Replace model.ranking with how this run's order came about."""
    held = known.contest
    con.execute("delete from model.ranking")
    con.execute(
        "insert into model.ranking values ($by, $day, $n, $yes, $no, $model, $held, $learned, $prior, $low, $said)",
        {
            "by": LEARNED if known.model is not None else PRIOR,
            "day": known.on,
            "n": known.examples,
            "yes": known.confirmed,
            "no": known.dismissed,
            "model": held.name if held else None,
            "held": held.held_out if held else None,
            "learned": held.learned_ap if held else None,
            "prior": held.prior_ap if held else None,
            "low": held.gain_low if held else None,
            "said": known.said,
        },
    )


def told(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """The row of model.ranking as plain values; {} where nothing was ranked since there is one."""
    rows = con.sql("select * replace (cast(learned_on as varchar) as learned_on) from model.ranking")
    names = [d[0] for d in rows.description]
    found = rows.fetchall()
    return dict(zip(names, found[0], strict=True)) if found else {}
