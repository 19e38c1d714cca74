"""What all lists together put at issue: each yuan once, and what stands on more than one of them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import polars as pl

from data.warehouse.connection import frame

if TYPE_CHECKING:
    from collections.abc import Mapping

    Schema = Mapping[str, type[pl.DataType] | pl.DataType]

#: The order in which lists are added up: what a list shares with one before it is counted there.
LISTS = ("institution", "pharmacy", "practitioner", "person", "group")
NOTHING = (Decimal("0.00"), Decimal("0.00"))
MONEY = pl.Decimal(16, 2)


def totals(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """One row a list with leads, and a last one `all`.

    Columns: list, leads, amount and fund (the sum of its leads), again and fund_again (what of that another of its
    leads or a list before it has already), once and fund_once (the rest). Every column of `all` is the sum of the rows
    above it, so its `once` is the money of all lists with each yuan once.
    """
    sums = _sums(con)
    before, rows = NOTHING, []
    once = _once(con)
    for place, name in enumerate(LISTS, start=1):
        if name not in sums:
            continue
        leads, amount, fund = sums[name]
        up_to = once.get((1, place, True), before)
        own, own_fund = up_to[0] - before[0], up_to[1] - before[1]
        rows.append((name, leads, amount, fund, amount - own, fund - own_fund, own, own_fund))
        before = up_to
    whole = ("all", sum(r[1] for r in rows), *(sum((r[c] for r in rows), Decimal("0.00")) for c in range(2, 8)))
    money = ("amount", "fund", "again", "fund_again", "once", "fund_once")
    schema: Schema = {"list": pl.String, "leads": pl.Int64, **dict.fromkeys(money, MONEY)}
    return pl.DataFrame([*rows, whole], schema=schema, orient="row")


def overlaps(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """list, other_list, amount, fund: what two lists have in common; a list with itself: what its leads share.

    What three lists share stands in three pairs, so the pairs say where money stands twice and not how much in all.
    """
    sums, once = _sums(con), _once(con)
    rows = []
    for first, name in enumerate(LISTS, start=1):
        own = once.get((first, first, False), NOTHING)
        if name in sums:
            rows.append((name, name, sums[name][1] - own[0], sums[name][2] - own[1]))
        for last, other in enumerate(LISTS[first:], start=first + 1):
            theirs, both = (once.get(key, NOTHING) for key in ((last, last, False), (first, last, False)))
            rows.append((name, other, own[0] + theirs[0] - both[0], own[1] + theirs[1] - both[1]))
    schema: Schema = {"list": pl.String, "other_list": pl.String, "amount": MONEY, "fund": MONEY}
    return pl.DataFrame([r for r in rows if r[2] or r[3]], schema=schema, orient="row")


def _sums(con: duckdb.DuckDBPyConnection) -> dict[str, tuple[int, Decimal, Decimal]]:
    rows = con.execute(
        "select subject_type, count(*), sum(amount_at_risk), sum(fund_at_risk) from model.lead group by subject_type"
    ).fetchall()
    return {kind: (leads, amount, fund) for kind, leads, amount, fund in rows}


def _once(con: duckdb.DuckDBPyConnection) -> dict[tuple[int, int, bool], tuple[Decimal, Decimal]]:
    rows = frame(con, Path(__file__).with_name("once.sql").read_text(encoding="utf-8")).rows()
    return {(first, last, all_between): (amount, fund) for first, last, all_between, amount, fund in rows}
