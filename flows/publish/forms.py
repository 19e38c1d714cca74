"""The form of verdicts: open leads with empty columns, in the words `verdict import` understands."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import duckdb
import polars as pl

from flows.publish.labels import labelled
from flows.publish.safe import write_csv
from flows.publish.watchlists import watchlist

ABOUT = ("lead_id", "subject_type", "subject_id", "subject_name", "amount_at_risk", "reasons")
#: What is to be filled in, with the Chinese label the import reads.
BLANK = {
    "conclusion": "核查结论",
    "confirmed_amount": "确认违规金额",
    "agreed_amount": "认可金额",
    "recovered_amount": "追回金额",
    "penalty_amount": "处罚金额",
    "date": "核查日期",
    "reason": "理由",
    "case_no": "案件编号",
    "handled_by": "核查人",
    "effort_days": "核查人日",
}


def blank(con: duckdb.DuckDBPyConnection, kinds: Collection[str], top: int | None, language: str) -> pl.DataFrame:
    """The leads of the lists, best first, each with nothing said of it yet."""
    rows = pl.concat(watchlist(con, kind, "", language=language, top=top) for kind in kinds)
    return rows.select(ABOUT).with_columns(pl.lit(None, pl.String).alias(column) for column in BLANK)


def write(rows: pl.DataFrame, path: Path, labels: str) -> None:
    """The form as CSV, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    named = labelled(rows, labels)
    if labels == "zh":
        named = named.rename({column: label for column, label in BLANK.items() if column in named.columns})
    write_csv(named, path, ids=labelled(rows.head(0).select("subject_id"), labels).columns)
