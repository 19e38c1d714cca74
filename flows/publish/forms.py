"""The form of verdicts: open leads with empty columns, in the words `verdict import` understands."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import duckdb
import polars as pl

from data.warehouse.connection import frame
from flows.publish.labels import labelled
from flows.publish.safe import write_csv
from flows.publish.watchlists import watchlist
from flows.publish.words import words

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
    """The leads of the lists, best first, each with nothing said of it yet; behind them the open ones that are gone.

    A lead that the last run does not find stays open until somebody says how it ended, and is on no list. It stands in
    the whole form alone: `top` cuts lists.
    """
    rows = pl.concat(watchlist(con, kind, "", language=language, top=top) for kind in kinds).select(ABOUT)
    if top is None:
        rows = pl.concat([rows, gone(con, kinds, language).cast(rows.schema)])
    return rows.with_columns(pl.lit(None, pl.String).alias(column) for column in BLANK)


def gone(con: duckdb.DuckDBPyConnection, kinds: Collection[str], language: str) -> pl.DataFrame:
    """The open leads that the last run does not find, with what they had at issue when last seen."""
    return frame(
        con,
        """
        select r.lead_id, r.subject_type, case when r.subject_type = 'group' then r.lead_id else r.subject_key end
            as subject_id, i.institution_name as subject_name, r.last_amount as amount_at_risk, $reason as reasons
        from casebook.lead_register as r
        left join feature.institution as i
            on i.institution_id = r.subject_key and r.subject_type in ('institution', 'pharmacy')
        where r.closed_on is null and list_contains($kinds, r.subject_type)
            and r.lead_id not in (select lead_id from model.lead)
        order by r.subject_type, r.lead_id
        """,
        {"kinds": list(kinds), "reason": words(language)["run_gone"]},
    )


def write(rows: pl.DataFrame, path: Path, labels: str) -> None:
    """The form as CSV, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    named = labelled(rows, labels)
    if labels == "zh":
        named = named.rename({column: label for column, label in BLANK.items() if column in named.columns})
    write_csv(named, path, ids=labelled(rows.head(0).select("subject_id"), labels).columns)
