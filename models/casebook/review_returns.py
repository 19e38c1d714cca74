"""Forms of a record review that come back, and what they say of all stays of each institution."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl

from data.errors import UsageError, like
from data.warehouse import events
from data.warehouse.connection import frame, has, transaction
from models.casebook import review_estimate
from models.casebook.handed import Form, Handed, Planned
from models.casebook.review_estimate import Stratum

FOLDER = Path(__file__).parent
FORM = Form("review", "a record review", (("review_id",), ("place",), ("wrong_amount_1",)))
Witness = Callable[[Mapping[str, Any]], None]
ANSWER = (
    "row_number, content_hash, review_id, place, is_missing, reviewer_1, wrong_amount_1, ground_1, reviewer_2,"
    " wrong_amount_2, ground_2, agreed_amount, wrong_amount"
).split(", ")


def plan(con: duckdb.DuckDBPyConnection, handed: Handed, on: date | None = None) -> Planned:
    """Resolve every row, come in `on` a day, against the sample; writes nothing but a temporary table."""
    con.register("typed_frame", handed.typed(con, FORM))
    con.execute("create or replace temp table handed_row as select * from typed_frame")
    con.unregister("typed_frame")
    query = (FOLDER / "review_plan.sql").read_text(encoding="utf-8")
    return Planned(handed.name, frame(con, query, {"on": on or date.today()}), handed.ignored)


def append(con: duckdb.DuckDBPyConnection, made: Planned, witness: Witness) -> int:
    """Append the new rows; gives how many."""
    new = made.of("new")
    if not new.height:
        return 0
    with transaction(con):
        stamp = events.stamp(con)
        con.register(
            "new_rows",
            new.select(ANSWER).with_columns(
                number=pl.lit(stamp.number), written_at=pl.lit(stamp.at), file=pl.lit(made.name)
            ),
        )
        con.execute("insert into casebook.review_answer by name select * from new_rows")
        con.unregister("new_rows")
        reviews = sorted(new["review_id"].unique())
        witness({"act": "review_import", "reviews": reviews, "stays": new.height})
    return new.height


def estimates(con: duckdb.DuckDBPyConnection, review_id: str) -> pl.DataFrame:
    """One row an institution: what came back, how two reviewers agree, estimate, interval and claim.

    `claim` is the lower limit, in counted yuan of the bill; `claim_fund` the same of what the funds paid of it.
    `why` says why there is no figure. Raises UsageError for a review that does not exist.
    """
    review_ids = [row[0] for row in con.execute("select review_id from casebook.review").fetchall()]
    if review_id not in review_ids:
        raise UsageError(
            f"There is no review '{review_id}'.{like(review_id, review_ids)} `fundwatch review list` has them."
        )
    stays = frame(con, (FOLDER / "review_stays.sql").read_text(encoding="utf-8"), {"id": review_id})
    strata = frame(con, "select * from casebook.review_stratum where review_id = $id", {"id": review_id})
    names = dict(con.execute("select institution_id, institution_name from feature.institution").fetchall())
    rows = [
        {"institution_id": code, "institution_name": names.get(code), **_institution(part, own)}
        for code, part, own in (
            (str(key[0]), part, strata.filter(pl.col("institution_id") == key[0]))
            for key, part in stays.partition_by("institution_id", as_dict=True, maintain_order=True).items()
        )
    ]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def listed(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """One row a review: its period, what was drawn and what came back, to whom it was lent."""
    if not has(con, "casebook.review"):  # a HOME of an earlier version, opened to be read only
        raise UsageError("This HOME has no review yet. Draw one with `fundwatch review draw`.")
    return frame(con, (FOLDER / "review_list.sql").read_text(encoding="utf-8"))


def _institution(stays: pl.DataFrame, strata: pl.DataFrame) -> dict[str, Any]:
    back = stays.filter(pl.col("wrong_amount").is_not_null())
    both = back.filter(pl.col("wrong_amount_2").is_not_null())
    first, second = ((both[c] > 0).to_list() for c in ("wrong_amount_1", "wrong_amount_2"))
    money = review_estimate.estimate(_strata(stays, strata, "amount", "wrong"))
    fund = review_estimate.estimate(_strata(stays, strata, "fund", "wrong_fund"))
    has_fund = stays["fund_amount"].null_count() == 0 and strata["fund_amount"].null_count() == 0
    return {
        "stays": int(strata["stays"].sum()),
        "amount": strata["amount"].sum(),
        "drawn": stays.height,
        "returned": back.height,
        "missing": int(stays["is_missing"].sum()),
        "in_error": back.filter(pl.col("wrong_amount") > 0).height,
        "found_amount": back["wrong_amount"].sum(),
        "read_twice": both.height,
        "agreeing": sum(a == b for a, b in zip(first, second, strict=True)),
        "kappa": review_estimate.kappa(first, second),
        "method": money.method,
        "estimate": money.estimate,
        "low": money.low,
        "high": money.high,
        "claim": money.low,
        "claim_fund": fund.low if has_fund else None,
        "why": money.why,
    }


def _strata(stays: pl.DataFrame, strata: pl.DataFrame, bill: str, wrong: str) -> list[Stratum]:
    total = {"amount": "amount", "fund": "fund_amount"}[bill]
    made = []
    for row in strata.iter_rows(named=True):
        own = stays.filter(pl.col("stratum") == row["stratum"])
        back = own.filter(pl.col("wrong_amount").is_not_null())
        rest = own.filter(pl.col("wrong_amount").is_null())
        made.append(
            Stratum(
                row["stays"],
                float(row[total] or 0),
                _numbers(back, bill),
                _numbers(back, wrong),
                _numbers(rest, bill),
            )
        )
    return made


def _numbers(rows: pl.DataFrame, column: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    values = {
        "amount": pl.col("amount").cast(pl.Float64),
        "fund": pl.col("fund_amount").cast(pl.Float64).fill_null(0.0),
        "wrong": pl.col("wrong_amount").cast(pl.Float64),
        # the fund's part of what is wrong is its part of the stay: nobody judges it line by line
        "wrong_fund": pl.col("wrong_amount").cast(pl.Float64)
        * pl.col("fund_amount").cast(pl.Float64).fill_null(0.0)
        / pl.col("amount").cast(pl.Float64),
    }[column]
    return rows.select(v=values)["v"].to_numpy().astype(np.float64)


_SCHEMA: dict[str, Any] = {
    "institution_id": pl.String,
    "institution_name": pl.String,
    "stays": pl.Int64,
    "amount": pl.Decimal(18, 2),
    "drawn": pl.Int64,
    "returned": pl.Int64,
    "missing": pl.Int64,
    "in_error": pl.Int64,
    "found_amount": pl.Decimal(18, 2),
    "read_twice": pl.Int64,
    "agreeing": pl.Int64,
    "kappa": pl.Float64,
    "method": pl.String,
    "estimate": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "claim": pl.Float64,
    "claim_fund": pl.Float64,
    "why": pl.String,
}
