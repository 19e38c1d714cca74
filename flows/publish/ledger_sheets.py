"""The ledger as sheets: every way to sum it, recurrence, precision, yield a day, and the 202 items."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from data.warehouse.connection import frame
from flows.publish import regions, sheets
from flows.publish.labels import labelled
from models import problem_items
from models.casebook import ledger
from models.sources.source import Source

#: Sheet -> how it is called in English and Chinese.
TITLES = {
    "total": ("Totals", "汇总"),
    "origin": ("By origin", "按来源"),
    "rule": ("By rule", "按规则"),
    "detector": ("By detector", "按模型"),
    "nature": ("By nature", "按问题类别"),
    "month": ("By month", "按月份"),
    "institution": ("By institution", "按机构"),
    "hand": ("By hand", "按经手人"),
    "kind": ("Kind, rule, month", "机构类别·规则·月份"),
    "township": ("By township", "按辖区"),
    "item": ("Self-check items", "问题清单台账"),
    "recurrence": ("Recurrence", "屡查屡犯"),
    "precision": ("Precision of rules", "规则查实率"),
    "per_day": ("Yuan a day", "人日成效"),
    "entries": ("Entries", "明细"),
}
SHARES = ("precision", "precision_low", "precision_high", "rate", "recall", "recall_low", "recall_high")
NOTE = (
    "Suspected, confirmed, agreed, recovered, fined and transferred are steps of the same money: never add them up.",
    "疑点、查实、认可、追回、罚款、移送是同一笔钱的不同环节，不得相加。",
)
NOBODY = "(none)"


def table(
    con: duckdb.DuckDBPyConnection, way: str, sources: Collection[Source], on: date, overlay: Path | None
) -> pl.DataFrame:
    """One table of the ledger; after `ledger.make`. A key without value reads (none)."""
    if way == "recurrence":
        return ledger.recurrence(con, on)
    if way == "precision":
        return ledger.precision(con, sources)
    if way == "per_day":
        days = ledger.per_day(con).with_columns(pl.when("is_total").then(pl.lit("all")).otherwise("hand").alias("hand"))
        return days.drop("is_total")
    if way == "entries":
        return frame(
            con,
            """
            select origin, entry_key, step, on_day, institution_id, institution_name, institution_kind, township,
                source, item_id, hand, amount, fund_amount, transferred_to, case_no
            from ledger_entry order by origin, entry_key, step, on_day, source
            """,
        )
    if way == "item":
        rows = ledger.items(con, problem_items.items(sources, overlay))
    else:
        rows = ledger.table(con, way)
    if way == "township":
        names = regions.known(con)
        rows = rows.with_columns(
            pl.Series("township_name", [regions.named(code, names) for code in rows["township"]], dtype=pl.String)
        ).select("township", "township_name", pl.exclude("township", "township_name"))
    key = rows.columns[0]
    return rows if way == "total" else rows.with_columns(pl.col(key).fill_null(NOBODY))


def summed(rows: pl.DataFrame, way: str) -> pl.DataFrame:
    """The rows and a last one that adds their yuan up; entries may stand in several rows, so they are not added."""
    if way not in ledger.WAYS or way == "total" or not rows.height:
        return rows
    yuan = [c for c in rows.columns if c.endswith("_amount") or c.endswith("_fund")]
    last = rows.select(pl.col(yuan).sum().cast(ledger.MONEY)).with_columns(pl.lit("all").alias(rows.columns[0]))
    return pl.concat([rows, last], how="diagonal_relaxed").select(rows.columns)


def shown_as(rows: pl.DataFrame, labels: str) -> pl.DataFrame:
    """The rows under the chosen labels; in Chinese the last row and an empty key read so too."""
    named = labelled(rows, labels, "ledger")
    return keyed(named) if labels == "zh" else named


def keyed(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with their last one and an empty key in Chinese."""
    if not rows.width or rows.schema[rows.columns[0]] != pl.String:
        return rows
    return rows.with_columns(pl.col(rows.columns[0]).replace({"all": "合计", NOBODY: "（未填）"}))


#: Sheets of a line-up in their order.
LINEUP = (
    ("Summary", "对照汇总"),
    ("Recall by nature", "分类召回"),
    ("Visit by visit", "逐条对照"),
    ("Only theirs", "未筛出"),
)


def write_lineup(frames: Sequence[pl.DataFrame], path: Path, language: str) -> None:
    """A line-up with an inspection as one workbook: summary, recall, visit by visit, what only they found."""
    zh = language == "zh"
    *others, learned = frames
    named = [*others, learned.rename({"nature": "nature_zh"})]  # as the file says it, for people
    shown = {
        titles[zh]: labelled(rows, "zh" if zh else "names", "lineup")
        for titles, rows in zip(LINEUP, named, strict=True)
    }
    sheets.write(path, shown, shares=[*SHARES, "召回率", "召回率下限", "召回率上限"])


def write(frames: Mapping[str, pl.DataFrame], path: Path, language: str) -> None:
    """One workbook of the tables, each with its sum below it."""
    zh = language == "zh"
    labels = "zh" if zh else "names"
    shown = {TITLES[way][zh]: shown_as(summed(rows, way), labels) for way, rows in frames.items()}
    notes = {TITLES[way][zh]: NOTE[zh] for way in frames if way in ledger.WAYS}
    shares = [name for rows in shown.values() for name in rows.columns if name in SHARES or name.endswith("率")]
    sheets.write(path, shown, notes=notes, shares=[*shares, "查实率下限", "查实率上限", "召回率下限", "召回率上限"])
