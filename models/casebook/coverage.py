"""The year's coverage: who is to be checked how often, by the tier of its lead and the quality of its self-check."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from data.errors import UsageError
from data.warehouse.connection import frame, has
from models.casebook import self_checks
from models.sources.source import Source

FOLDER = Path(__file__).parent


def plan(
    con: duckdb.DuckDBPyConnection,
    sources: Collection[Source],
    year: int,
    on: date,
    often: str = "",
) -> pl.DataFrame:
    """coverage.sql's rows. Raises UsageError before the first run and for `often` that is no list of pairs."""
    if not has(con, "feature.institution"):
        raise UsageError("This HOME has no run yet, so nobody is to be covered. Run `fundwatch run INPUT` first.")
    quality = self_checks.quality(con, sources, year)
    for name, rows in (("self_check_quality", quality), ("coverage_rule", rules(often))):
        con.register("given_frame", rows)
        con.execute(f"create or replace temp table {name} as select * from given_frame")
        con.unregister("given_frame")
    return frame(con, (FOLDER / "coverage.sql").read_text(encoding="utf-8"), {"year": year, "on": on})


def rules(often: str = "") -> pl.DataFrame:
    """tier, self_check, checks a year; `often` (A=3,none=1) stands in place of a tier's usual number."""
    with (FOLDER / "coverage.csv").open(encoding="utf-8", newline="") as handle:
        rows = [(r["tier"], r["self_check"], int(r["checks"])) for r in csv.DictReader(handle)]
    given = {}
    for part in filter(None, (p.strip() for p in often.split(","))):
        tier, _, number = (piece.strip() for piece in part.partition("="))
        if tier not in {r[0] for r in rows} or not re.fullmatch(r"\d{1,2}", number):
            raise UsageError(f"--often has '{part}'; write pairs of tier and checks a year such as A=3,B=2,C=1,none=1.")
        given[tier] = int(number)
    chosen = [(tier, quality, given.get(tier, checks)) for tier, quality, checks in rows]
    return pl.DataFrame(chosen, schema={"tier": pl.String, "self_check": pl.String, "checks": pl.Int64}, orient="row")
