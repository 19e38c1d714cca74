"""The answers: what each scheme planted, on whom, on which lines, and which honest subjects look odd."""

from __future__ import annotations

import numpy as np
import polars as pl

from data.simulate.care.bill import Bill
from data.simulate.export.columns import LINE, SETTLEMENT, gather, number
from data.simulate.town.town import Town

TABLE = {"institution": "places", "pharmacy": "places", "practitioner": "doctors", "person": "people"}
KEY = {"places": "code", "doctors": "code", "people": "psn_no"}
# What a scheme makes of a subject's business at the least: who signed less of its deeds need not have known of it.
LEAST_SHARE = 0.03
SUBJECT = ("scheme", "subject_type", "subject_id", "group_id")


def _named(town: Town, frame: pl.DataFrame) -> pl.DataFrame:
    """Replace row numbers by the ids of the export, for every subject type."""
    parts = []
    for kind, table in TABLE.items():
        rows = frame.filter(pl.col("subject_type") == kind)
        ids = gather(getattr(town, table)[KEY[table]], rows["subject"])
        parts.append(rows.with_columns(subject_id=ids))
    if "group" in frame.columns:
        parts.append(frame.filter(pl.col("subject_type") == "group").with_columns(subject_id=pl.col("group")))
    return pl.concat(parts)


def _knowing(town: Town, bill: Bill) -> pl.DataFrame:
    """The plants but those on practitioners whose deeds are too small a part of all the visits they signed."""
    plants = pl.concat(town.plants)
    signed = bill.visits.group_by(subject="doctor").agg(visits=pl.len())
    deeds = plants.filter(pl.col("subject_type") == "practitioner").join(signed, on="subject")
    share = deeds.group_by("scheme", "subject_type", "subject").agg(share=pl.len() / pl.col("visits").first())
    agreed = pl.DataFrame(town.accomplices, schema={"scheme": pl.String, "subject": pl.Int64}, orient="row")
    unknowing = share.filter(pl.col("share") < LEAST_SHARE).join(agreed, on=["scheme", "subject"], how="anti")
    return plants.join(unknowing, on=["scheme", "subject_type", "subject"], how="anti", maintain_order="left")


def planted_lines(town: Town, bill: Bill) -> pl.DataFrame:
    """scheme_line: one row a planted line and subject, with the eligible yuan at issue."""
    schema = {
        **dict.fromkeys(SUBJECT, pl.String),
        "settlement_id": pl.String,
        "line_id": pl.String,
        "amount": pl.Float64,
    }
    if not town.plants:
        return pl.DataFrame(schema=schema)
    lines = bill.lines.filter(pl.col("plant") > 0)
    share = 100 - town.cat.column("own_share")[lines["item"].to_numpy()]
    excess = (lines["hidden"] * lines["cnt"]).to_numpy() * share // 100
    cents = np.where(lines["hidden"].to_numpy() > 0, excess, lines["eligible"].to_numpy())
    named = _named(town, _knowing(town, bill))
    return (
        lines.select(
            "plant",
            "line",
            number(SETTLEMENT, "settlement").alias("settlement_id"),
            number(LINE, "line").alias("line_id"),
            amount=pl.Series(cents) / 100,
        )
        .join(named, on="plant")
        .sort("scheme", "subject_type", "subject_id", "line")
        .select(
            "scheme",
            "subject_type",
            "subject_id",
            group_id="group",
            settlement_id="settlement_id",
            line_id="line_id",
            amount=pl.col("amount").round(2),
        )
    )


def planted_subjects(lines: pl.DataFrame) -> pl.DataFrame:
    """scheme_subject: one row a scheme and subject."""
    return lines.group_by(SUBJECT).agg((pl.col("amount") * 100).round().cast(pl.Int64).sum() / 100).sort(SUBJECT)


def confounders(town: Town) -> pl.DataFrame:
    """confounder: honest subjects that resemble schemes."""
    named = _named(town, pl.concat(town.confounders))
    return named.select("kind", "subject_type", "subject_id").unique().sort("kind", "subject_type", "subject_id")
