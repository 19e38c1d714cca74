"""One parameter of a rule over several values: what each would find, and the inspector-days it would ask for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import duckdb
import polars as pl

from data.errors import UsageError
from models.sources.card import SettingError
from models.sources.source import Source
from models.workbench.backtest import Period, collect, money
from models.workbench.bench import judge

KINDS = {bool: "true or false", int: "a whole number", float: "a number"}


def values_of(source: Source, name: str, texts: Sequence[str]) -> list[Any]:
    """The values, of the kind the card's parameter has. Raises UsageError for a name or value that does not fit."""
    if name not in source.params:
        has = ", ".join(source.params) or "no parameter"
        raise UsageError(f"{source.id} has no parameter '{name}'; it has {has}.")
    kind = type(source.card.params[name].value)
    parts = [p.strip() for text in texts for p in text.split(",") if p.strip()]
    if not parts:
        raise UsageError("Give the values to try: --values 1 2 3.")
    try:
        values = [_boolean(p) if kind is bool else kind(p) for p in dict.fromkeys(parts)]
    except ValueError as error:
        raise UsageError(f"--values is '{' '.join(parts)}'; {name} must be {KINDS.get(kind, 'text')}.") from error
    if any(isinstance(v, float) and not math.isfinite(v) for v in values):
        raise UsageError(f"{name} must be a number.")
    try:
        for value in values:
            source.card.values({name: value})
    except SettingError as error:
        raise UsageError(f"--values: {error}.") from error
    return values


def sweep(
    con: duckdb.DuckDBPyConnection,
    source: Source,
    name: str,
    values: Sequence[Any],
    leads_per_day: float,
    seconds: float = 0,
) -> pl.DataFrame:
    """A row a value: hits, settlements, yuan, leads (subjects it implicates), new of them, inspector_days."""
    if leads_per_day <= 0:
        raise UsageError("--leads-per-day must be above 0.")
    rows = []
    for value in values:
        judge(con, replace(source, params={**source.params, name: value}), seconds=seconds)
        collect(con, "hit", "model.finding", source.id, Period())
        hits, settlements, yuan, fund = money(con)
        leads, new = con.execute(LEADS, {"id": source.id}).fetchall()[0]
        rows.append(
            {
                name: value,
                "in_force": value == source.params[name],
                "hits": hits,
                "settlements": settlements,
                "yuan": yuan,
                "fund_yuan": fund,
                "leads": leads,
                "new_leads": new,
                "inspector_days": round(leads / leads_per_day, 1),
            }
        )
    return pl.DataFrame(rows, infer_schema_length=None)


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(f"'{text}' is neither true nor false")
    return text.lower() == "true"


LEADS = """
    with mine as (
        select distinct subject_type, subject_id from model.finding where source = $id and outcome = 'hit'
    )
    select count(*), count(*) filter (where l.lead_id is null)
    from mine as m
    left join warehouse.model.lead as l on l.subject_type = m.subject_type and l.subject_id = m.subject_id
"""
