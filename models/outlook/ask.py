"""The outlook's questions: each a query of this folder over the record and the features."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from data.errors import FundwatchError, UsageError
from data.warehouse.connection import frame, has
from models.sources.needs import missing

FOLDER = Path(__file__).parent
#: The feature tables that the months of the funds are made of.
FUND_NEEDS = ("settlement", "delivery_span")
#: Where the months stand ready made, in figures that a run kept.
KEPT_MONTHS = "kept.fund_month"


def prices(
    con: duckdb.DuckDBPyConnection,
    *,
    item: str | None = None,
    institution: str | None = None,
    kind: str | None = None,
    above: float | None = None,
    peers: int = 1,
) -> pl.DataFrame:
    """The drug prices, one row a drug and institution, by drug and dearest first.

    `item` is the beginning of a code or part of a name, `kind` pharmacy or institution, `above` the least ratio to the
    median of the kind. Raises UsageError before the features are built.
    """
    asked = {"item": item, "institution": institution, "kind": kind, "above": above, "peers": peers}
    return _ask(con, "price_bulletin", ("drug_price", "drug_product", "institution"), asked)


def makers(con: duckdb.DuckDBPyConnection, maker: str | None = None) -> pl.DataFrame:
    """Every maker's drugs, or one's, most money first. Raises UsageError before the features are built."""
    return _ask(con, "maker_drug", ("drug_price", "drug_product", "fee_line"), {"maker": maker})


def burden(con: duckdb.DuckDBPyConnection, line: float, year: int | None = None) -> pl.DataFrame:
    """Persons whose own payments of a year reach `line` yuan, the most first.

    Raises FundwatchError when the record does not say what persons paid.
    """
    if lacking := missing(con, ["record.settlement.person_paid_amount"]):
        raise FundwatchError(f"The record does not hold {lacking[0]}, so nobody's burden can be told.")
    return _ask(con, "burden", ("settlement",), {"line": line, "year": year})


def fund_months(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """The funds' outlay by month and insurance type."""
    if has(con, KEPT_MONTHS):
        return frame(con, f"from {KEPT_MONTHS}")
    return _ask(con, "fund_month", FUND_NEEDS, {})


def _ask(con: duckdb.DuckDBPyConnection, name: str, needs: tuple[str, ...], params: dict[str, Any]) -> pl.DataFrame:
    if lacking := sorted(name for name in needs if not has(con, f"feature.{name}")):
        raise UsageError(f"The feature table {lacking[0]} is not built yet. Run `fundwatch features` first.")
    return frame(con, (FOLDER / f"{name}.sql").read_text(encoding="utf-8"), params)
