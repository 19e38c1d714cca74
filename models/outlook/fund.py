"""How the funds stand: outlay by month against last year, budget and reserve, and what flows to other cities."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import polars as pl

from models.outlook import ask

KEY = ("month", "insurance_type")
COLUMNS = (
    "month, insurance_type, is_whole, settlements, persons, total_amount, fund_amount, fund_last_year, growth,"
    " fund_to_date, to_date_growth, projected_year, outflow_amount, outflow_share, outflow_change, income, balance,"
    " budget, budget_used, reserve_months"
).split(", ")


@dataclass(frozen=True)
class Bounds:
    """From where a figure is worth a warning: shares, months of outlay, percentage points."""

    budget_used: float = 1.05
    low_reserve: float = 6.0
    least_reserve: float = 3.0
    outflow_rise: float = 3.0


def months(con: duckdb.DuckDBPyConnection, account: pl.DataFrame | None = None) -> pl.DataFrame:
    """One row a month and insurance type, and of all types, in COLUMNS; what cannot be computed is null.

    `account` has month (a date, the first), insurance_type, income, balance and budget, the fund's own figures.
    Comparisons and the projection use whole months only; a month that is not whole adds to the sum since January where
    the months before it are. Growth and shares are percentages.
    """
    paid = ask.fund_months(con).with_columns(
        pl.col("fund_amount", "total_amount", "outflow_amount", "located_amount").cast(pl.Float64)
    )
    whole = paid.filter("is_whole").select(
        *KEY, "fund_amount", share=_percent(pl.col("outflow_amount"), pl.col("located_amount"))
    )
    frame = paid.join(_last_year(whole), on=KEY, how="left").join(_to_date(whole), on=KEY, how="left")
    frame = frame.join(_so_far(paid), on=KEY, how="left").with_columns(
        fund_to_date=pl.coalesce("fund_to_date", "so_far")
    )
    frame = (
        frame.with_columns(pl.when("is_whole").then(c).alias(c) for c in ("fund_last_year", "share_last_year"))
        .with_columns(
            growth=_percent(pl.col("fund_amount") - pl.col("fund_last_year"), pl.col("fund_last_year")),
            outflow_share=_percent(pl.col("outflow_amount"), pl.col("located_amount")),
        )
        .with_columns(outflow_change=(pl.col("outflow_share") - pl.col("share_last_year")).round(1))
    )
    return _with_account(frame, whole, account).select(COLUMNS).sort("insurance_type", "month")


def warnings(frame: pl.DataFrame, bounds: Bounds = Bounds(), language: str = "en") -> pl.DataFrame:
    """The same rows with `warnings`: what to look at, in words, empty where nothing is."""
    zh = language == "zh"
    warnings = [
        (
            pl.col("budget_used") > 100 * bounds.budget_used,
            "支出超预算进度" if zh else "outlay ahead of the budget",
        ),
        (
            pl.col("reserve_months") < bounds.least_reserve,
            f"结余不足{bounds.least_reserve:g}个月" if zh else f"reserve below {bounds.least_reserve:g} months",
        ),
        (
            pl.col("reserve_months").is_between(bounds.least_reserve, bounds.low_reserve, closed="left"),
            f"结余不足{bounds.low_reserve:g}个月" if zh else f"reserve below {bounds.low_reserve:g} months",
        ),
        (
            pl.col("outflow_change") >= bounds.outflow_rise,
            "市外流出占比上升" if zh else "outflow share rising",
        ),
    ]
    sentences = [pl.when(when.fill_null(False)).then(pl.lit(words)) for when, words in warnings]
    return frame.with_columns(warnings=pl.concat_str(sentences, separator="；" if zh else "; ", ignore_nulls=True))


def named(frame: pl.DataFrame) -> pl.DataFrame:
    """The same rows with the month as people write it, 2025-01."""
    return frame.with_columns(pl.col("month").dt.strftime("%Y-%m"))


def lacking(frame: pl.DataFrame) -> list[str]:
    """What was not delivered, and what therefore is not said."""
    gaps = []
    if frame["fund_last_year"].null_count() == frame.height:
        gaps.append("no month of the year before: no growth, and the year is projected in proportion")
    if frame["balance"].null_count() == frame.height:
        gaps.append("no balance of the fund: no months of reserve")
    if frame["budget"].null_count() == frame.height:
        gaps.append("no budget: nothing to measure the outlay against")
    if frame["outflow_share"].null_count() == frame.height:
        gaps.append("no divisions of insured persons or institutions: no outflow")
    return gaps


def _last_year(whole: pl.DataFrame) -> pl.DataFrame:
    return whole.select(
        pl.col("month").dt.offset_by("1y"),
        "insurance_type",
        fund_last_year=pl.col("fund_amount"),
        share_last_year=pl.col("share"),
    )


def _to_date(whole: pl.DataFrame) -> pl.DataFrame:
    """Outlay since January, its growth over the same months, and what the year comes to.

    The year is projected by last year's course where that is whole, else in proportion to the months.
    """
    year = pl.col("month").dt.year()
    here = whole.sort("month").with_columns(year=year)
    summed = here.with_columns(
        fund_to_date=pl.col("fund_amount").cum_sum().over("insurance_type", "year"),
        elapsed=pl.col("month").cum_count().over("insurance_type", "year"),
        of_year=pl.col("fund_amount").sum().over("insurance_type", "year"),
        months=pl.len().over("insurance_type", "year"),
    )
    before = summed.select(
        pl.col("month").dt.offset_by("1y"),
        "insurance_type",
        before_to_date="fund_to_date",
        before_elapsed="elapsed",
        before_year=pl.when(pl.col("months") == 12).then("of_year"),
    )
    joined = summed.join(before, on=KEY, how="left")
    same = pl.col("elapsed") == pl.col("before_elapsed")
    is_whole = pl.col("elapsed") == pl.col("month").dt.month()  # nothing is missing since January
    ahead = pl.col("fund_to_date") / pl.col("before_to_date")
    return joined.select(
        *KEY,
        "elapsed",
        fund_to_date=pl.when(is_whole).then("fund_to_date").round(2),
        to_date_growth=pl.when(is_whole & same).then((100 * (ahead - 1)).round(1)),
        projected_year=pl.when(is_whole)
        .then(
            pl.coalesce(
                pl.when(same).then(ahead * pl.col("before_year")), pl.col("fund_to_date") / pl.col("elapsed") * 12
            )
        )
        .round(2),
    )


def _so_far(paid: pl.DataFrame) -> pl.DataFrame:
    """What a month that is not whole adds to the whole months since January."""
    year = pl.col("month").dt.year()
    earlier = pl.col("is_whole").cast(pl.Int64).cum_sum().over("insurance_type", year)  # it does not count itself
    summed = paid.sort("month").with_columns(
        earlier=earlier, so_far=pl.col("fund_amount").cum_sum().over("insurance_type", year).round(2)
    )
    is_next = ~pl.col("is_whole") & (pl.col("earlier") == pl.col("month").dt.month() - 1)
    return summed.filter(is_next).select(*KEY, "so_far")


def _with_account(frame: pl.DataFrame, whole: pl.DataFrame, account: pl.DataFrame | None) -> pl.DataFrame:
    money = ("income", "balance", "budget")
    if account is None:
        spending = frame.select(*KEY).with_columns(pl.lit(None, dtype=pl.Float64).alias(c) for c in money)
    else:
        spending = account.select(*KEY, *(pl.col(c).cast(pl.Float64) for c in money))
    year = pl.col("month").dt.year()
    budget = (
        spending.sort("month")
        .with_columns(told=pl.col("budget").cum_count().over("insurance_type", year))
        .with_columns(budget_to_date=pl.col("budget").cum_sum().over("insurance_type", year))
        .select(*KEY, budget_to_date=pl.when(pl.col("told") == pl.col("month").dt.month()).then("budget_to_date"))
    )
    usual = whole.sort("month").select(
        *KEY, usual=pl.col("fund_amount").rolling_mean(12, min_samples=1).over("insurance_type")
    )
    joined = frame.join(spending, on=KEY, how="left").join(budget, on=KEY, how="left").join(usual, on=KEY, how="left")
    return joined.with_columns(
        budget_used=pl.when("is_whole").then(_percent(pl.col("fund_to_date"), pl.col("budget_to_date"))),
        reserve_months=(pl.col("balance") / pl.col("usual")).round(1),
    )


def _percent(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    return pl.when(whole > 0).then((100 * part / whole).round(1))
