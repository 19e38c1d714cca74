"""tips_unmatched.csv: delivered tips that are about nobody the record knows for sure, for the clerk to place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from data.warehouse.connection import frame
from flows.publish.labels import labelled
from flows.publish.safe import write_csv

#: Reason as the ranking keeps it -> (English, Chinese), with what to do.
WHY = {
    "no_subject": ("it names neither a code nor a name", "未写明对象编号和名称，请补充"),
    "unknown_code": ("no subject of this kind has this code", "编号与登记的对象不符，请核对编号"),
    "unknown_name": ("no institution or drugstore has this name; give the code", "登记中没有这一名称，请补充对象编号"),
    "several": ("several carry this name; give the code", "同名对象不止一个，请补充对象编号"),
    "several_kinds": ("the code fits several kinds of subject; give the kind", "编号对应多类对象，请补充对象类型"),
    "person_by_name": ("persons are matched by their number alone", "参保人只按人员编号匹配，请补充人员编号"),
    "group": ("a group is found, not delivered; name its persons", "团伙不能按编号匹配，请逐一列明人员编号"),
}
IDS = ("tip_id", "subject_id")


def unmatched(con: duckdb.DuckDBPyConnection, language: str) -> pl.DataFrame:
    """tip_id, received_on, subject_type, subject_id, subject_name, why, candidates; persons masked."""
    rows = frame(con, "select * from model.tip_unmatched order by tip_id")
    said = {key: zh if language == "zh" else en for key, (en, zh) in WHY.items()}
    code, name = pl.col("subject_id"), pl.col("subject_name")
    # the first six digits are an area, not a person; what is short is hidden whole
    hidden_code = pl.when(code.str.len_chars() >= 12).then(code.str.slice(0, 6) + "******").otherwise(pl.lit("******"))
    hidden_name = name.str.slice(0, 1) + "**"
    shown = rows.with_columns(
        subject_id=pl.when(pl.col("is_person") & code.is_not_null()).then(hidden_code).otherwise(code),
        subject_name=pl.when(pl.col("is_person") & name.is_not_null()).then(hidden_name).otherwise(name),
        why=pl.col("why").replace_strict(said, return_dtype=pl.String),
    )
    return shown.drop("is_person")


def write(con: duckdb.DuckDBPyConnection, path: Path, *, language: str, labels: str) -> int:
    """Write the file, with its header alone where every tip is placed; returns its rows."""
    rows = unmatched(con, language)
    ids = labelled(rows.head(0).select(IDS), labels, "tips_unmatched").columns
    write_csv(labelled(rows, labels, "tips_unmatched"), path, ids=ids)
    return rows.height


def outside(con: duckdb.DuckDBPyConnection, lists: Mapping[str, pl.DataFrame]) -> int:
    """How many leads with tips to handle these lists leave out."""
    waiting = frame(
        con,
        "select distinct lead_id from model.lead_tip"
        " where is_open and coalesce(kind, 'tip') in ('tip', 'hand_down') order by lead_id",
    )
    shown = pl.concat([rows.select("lead_id") for rows in lists.values()])
    return waiting.join(shown, on="lead_id", how="anti").height


def listed(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """The tips to handle with the leads they are on, oldest first."""
    return frame(
        con,
        """
        select t.tip_id, t.received_on, t.channel, t.content, t.matched_by, l.lead_id, l.subject_type, l.subject_id,
            l.tier, l.rank
        from model.lead_tip as t
        join model.lead as l on l.lead_id = t.lead_id
        where t.is_open and coalesce(t.kind, 'tip') in ('tip', 'hand_down')
        order by t.received_on nulls last, t.tip_id
        """,
    ).to_dicts()
