"""What a round can take on, in leads or inspector-days, and what a lead's check takes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from data.errors import UsageError
from data.warehouse.connection import frame


@dataclass(frozen=True)
class Capacity:
    """`top` leads of each list, or `days` inspector-days over all lists; how they are shared out, and the bounds.

    The day figures are a planner's estimate, not measured: opening a lead at the desk, the visit by kind of subject,
    records read a day.
    """

    top: int | None = None
    days: float | None = None
    control: float = 0.2  # share drawn at random
    ensemble: float = 0.1  # share for what only the ensemble sees; by rank where there is nothing
    per_rule: float = 0.5  # of the ranked places, those that one leading rule may take
    per_institution: int = 5  # ranked leads of one institution
    institution: float = 3.0  # days
    pharmacy: float = 1.5
    practitioner: float = 1.0
    person: float = 0.5
    group: float = 2.0
    desk: float = 0.1  # days to open a lead whose money the record proves, before its records are read
    records_a_day: float = 60.0  # settlements one inspector reads a day
    another_site: float = 0.5  # days for every institution after the first
    most: float = 15.0  # days; beyond it records are sampled


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def of(said: Mapping[str, Any], top: int | None = None, days: float | None = None) -> Capacity:
    """Capacity from the table `capacity` of fundwatch.toml and the options; UsageError for what makes no sense."""
    known = {f.name for f in fields(Capacity)} - {"top", "days"}
    if unknown := sorted(set(said) - known):
        raise UsageError(
            f"capacity sets {', '.join(unknown)}, which does not exist. There are {', '.join(sorted(known))}."
        )
    if wrong := sorted(k for k, v in said.items() if not _is_number(v) or v < 0):
        raise UsageError(f"capacity: {', '.join(wrong)} must be a number, not below 0.")
    made = replace(Capacity(top=top, days=days), **said)
    if made.control + made.ensemble > 1 or made.per_rule > 1:
        raise UsageError("capacity: control and ensemble together, and per_rule, are shares of at most 1.")
    if made.records_a_day == 0 or made.per_institution < 1:
        raise UsageError("capacity: records_a_day and per_institution must be above 0.")
    if top is not None and days is not None:
        raise UsageError("Give --top or --days, not both.")
    if (top is not None and top < 1) or (days is not None and not 0 < days < math.inf):
        raise UsageError("--top and --days must be above 0.")
    return made


def leads(con: duckdb.DuckDBPyConnection, capacity: Capacity, least_yuan: float = 0.0) -> pl.DataFrame:
    """Every lead: subject_type, lead_id, rank, rule, institution_id, propensity, is_ensemble, is_worth_it (fund money,
    and `least_yuan` at issue), expected_yield, and its check in two parts: desk_days and desk_yield (what the record
    alone proves), visit_days and visit_yield (the rest; none where the record settles everything), effort: both.
    Days of a part that does not exist are null."""
    text = Path(__file__).with_name("capacity.sql").read_text(encoding="utf-8")
    rows = frame(con, text, {"least_yuan": least_yuan})
    first = {kind: getattr(capacity, kind) for kind in ("institution", "pharmacy", "practitioner", "person", "group")}
    desk = capacity.desk + pl.col("desk_records") / capacity.records_a_day
    visit = (
        pl.col("subject_type").replace_strict(first, return_dtype=pl.Float64)
        + (pl.col("records") - pl.col("desk_records")).clip(0) / capacity.records_a_day
        + capacity.another_site * (pl.col("sites") - 1)
    )
    parted = rows.with_columns(
        desk_days=pl.when((pl.col("desk_records") > 0) | pl.col("is_settled")).then(
            desk.clip(upper_bound=capacity.most).round(2)
        ),
        desk_yield=pl.when("is_settled").then(1.0).otherwise("desk_share") * pl.col("expected_yield"),
    ).with_columns(
        visit_days=pl.when(~pl.col("is_settled")).then(
            pl.min_horizontal(visit, capacity.most - pl.col("desk_days").fill_null(0.0)).round(2)
        )
    )
    return parted.with_columns(
        visit_yield=pl.col("expected_yield") - pl.col("desk_yield"),
        effort=pl.sum_horizontal("desk_days", "visit_days").round(2),
    ).drop("records", "sites", "desk_records", "desk_share", "is_settled")
