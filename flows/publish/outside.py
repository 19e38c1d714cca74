"""Leads from outside as files: outside.csv, outside_lists.csv, and beyond_platform.csv: what the platform lacks.

None of them has a column for who gave a tip, and what a tip says comes without what would tell it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb
import polars as pl

from data.warehouse.connection import frame
from flows.publish.labels import labelled
from flows.publish.safe import write_csv
from models.casebook import lead_runs, outside
from models.casebook.words import lists

#: What a lead that rests on leads from outside alone has in place of a rule, in Chinese.
TITLES = {"tip": "举报", "hand_down": "交办", "platform": "平台疑点", "department": "部门数据"}
#: Words in the names of places; a name without any may be a person's.
PLACE = "院|店|所|站|房|堂|中心|室|部|科|公司"
IDS = ("tip_id", "own_number", "subject_id")
#: What depends on the day somebody looks, and so has no place in a run's files.
OF_A_DAY = ("timing",)
#: Without the channel: it may tell an insider, and stands in the lead's page alone.
LISTED = (
    "tip_id, kind, own_number, office, received_on, subject_type, subject_id, subject_name, content, amount,"
    " state, matched_by, lead_id, case_id, tier, rank, amount_at_risk, due_on, decided_on, feedback_due_on,"
    " feedback_on, timing, reward_base, shared_with"
).split(", ")


def shown(rows: pl.DataFrame, language: str = "en") -> pl.DataFrame:
    """Leads from outside as people may see them: persons' names keep a character, the numbers of strangers six."""
    kinds = dict(lists()["subject_word"].select("word", "subject_type").rows())
    kind = pl.col("subject_type").str.to_lowercase().replace_strict(kinds, default=None, return_dtype=pl.String)
    name, code = pl.col("subject_name"), pl.col("subject_id")
    is_placed = pl.col("matched_by").is_not_null()
    may_be = kind.is_null() & ~pl.coalesce(name, code, pl.lit("")).str.contains(PLACE)
    person = (kind == "person").fill_null(False) | (may_be & ~is_placed)
    hidden = pl.when(code.str.len_chars() >= 12).then(code.str.slice(0, 6) + "******").otherwise(pl.lit("******"))
    return rows.with_columns(
        subject_name=pl.when(person & name.is_not_null()).then(name.str.slice(0, 1) + "**").otherwise(name),
        subject_id=pl.when(person & ~is_placed & code.is_not_null()).then(hidden).otherwise(code),
    ).select(LISTED)


def tables(con: duckdb.DuckDBPyConnection, run_id: str, language: str) -> dict[str, pl.DataFrame]:
    """What came from outside before the run, other departments' lists, and what is new beyond the platform."""
    before = lead_runs.number(con, run_id)
    return {
        "outside": shown(outside.listed(con, before=before), language).drop(OF_A_DAY),
        "outside_lists": frame(con, _query("outside_lists")),
        "beyond_platform": frame(con, _query("beyond_platform")),
    }


def write(tables: Mapping[str, pl.DataFrame], folder: Path, *, labels: str) -> dict[str, int]:
    """Write the three files, with their headers alone where nothing came from outside; their rows by name."""
    for name, rows in tables.items():
        ids = labelled(rows.head(0).select(c for c in IDS if c in rows.columns), labels, name).columns
        write_csv(labelled(rows, labels, name), folder / f"{name}.csv", ids=ids)
    return {f"{name}.csv": rows.height for name, rows in tables.items()}


def _query(name: str) -> str:
    return Path(__file__).with_name(f"{name}.sql").read_text(encoding="utf-8")
