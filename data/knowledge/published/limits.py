"""How payment limits on insurance, care setting, herbs, discount and period are read from their texts.

Same contract as ``text``: each function adds a table's own columns and ``why`` (null = parsed).

* care setting: only a text that names in-patients (or emergency) restricts; observation counts as emergency.
* herbs: which of the two lists a herb is on is decided by the text, never by the name of the list.
* discount: the points name the group of operations; the rate is not published and is the customary half, so the row
  stands in layer ``starter`` until an area's own takes its place.
* period: of a range ("two to three weeks") the shorter end, so that only what is too soon in any reading counts.
"""

from __future__ import annotations

import polars as pl

CUSTOMARY_RATE = "0.5"
RATE_NOTE = "；公布内容未载折价比例，取通行的50%，各地以价格文件为准"


def _why(missing: pl.Expr, why: str) -> pl.Expr:
    return pl.when(missing).then(pl.lit(why))


def insurance(points: pl.DataFrame) -> pl.DataFrame:
    has = pl.col("limit_text").str.contains
    kind = pl.when(has("限工伤保险")).then(pl.lit("work_injury")).when(has("限生育保险")).then(pl.lit("maternity"))
    return points.with_columns(insurance_kind=kind, why=_why(kind.is_null(), "no insurance named"))


def care_setting(points: pl.DataFrame) -> pl.DataFrame:
    has = pl.col("limit_text").str.contains
    stay, emergency, visit = has("住院"), has("急诊|急救|抢救"), has("门诊")
    return points.with_columns(
        allows_inpatient=stay,
        allows_emergency=emergency | visit,
        allows_outpatient=visit,
        why=_why(~(stay | emergency | visit), "no care setting named"),
    )


def internet(points: pl.DataFrame) -> pl.DataFrame:
    return points.with_columns(
        why=_why(~pl.col("limit_text").str.contains("互联网诊疗.*不得开具"), "no prohibition on internet visits")
    )


def herb(points: pl.DataFrame) -> pl.DataFrame:
    has = pl.col("limit_text").str.contains
    kind = (
        pl.when(has("单独使用时.*不予支付"))
        .then(pl.lit("alone"))
        .when(has("不得纳入基金支付范围"))
        .then(pl.lit("always"))
    )
    number = kind.replace_strict({"always": 3, "alone": 4}, default=None, return_dtype=pl.Int64)
    return points.with_columns(kind=kind, official=number, why=_why(kind.is_null(), "the text names neither list"))


def discount(points: pl.DataFrame) -> pl.DataFrame:
    group = pl.col("limit_text").str.extract("^(.+手术组)$")
    return points.with_columns(
        group_name=group,
        rate=pl.lit(CUSTOMARY_RATE),
        layer=pl.lit("starter"),
        basis=pl.col("basis") + RATE_NOTE,
        why=_why(group.is_null(), "no group of operations"),
    )


def period(points: pl.DataFrame) -> pl.DataFrame:
    text = pl.col("limit_text")
    days = text.str.extract(r"间隔时间不短于(\d+)天").cast(pl.Int64)
    weeks = text.str.extract(r"近(\d+)[-–—~至]\d+周").cast(pl.Int64) * 7
    months = text.str.extract(r"近(\d+)[-–—~至]\d+个月").cast(pl.Int64) * 30
    weekly = pl.when(text.str.contains("每周最多支付一次")).then(7)
    gap = pl.coalesce(days, weeks, months, weekly)
    return points.with_columns(min_gap_days=gap, why=_why(gap.is_null(), "no period named"))
