"""A second reader looks at closed leads again: what he says, beside the verdict that stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from data.warehouse import events
from data.warehouse.connection import frame, transaction
from models.casebook import words
from models.casebook.handed import Form, Handed, Planned

FOLDER = Path(__file__).parent
FORM = Form("recheck", "a recheck", (("lead_id",), ("conclusion",)))
Witness = Callable[[Mapping[str, Any]], None]


def form(con: duckdb.DuckDBPyConnection, draw_id: str) -> pl.DataFrame:
    """The leads of a draw's closed matters: draw_id, unit, lead_id, subject_type, subject_id."""
    return frame(
        con,
        """
        select d.draw_id, d.subject_id as unit, r.lead_id, r.subject_type,
            case when r.subject_type = 'group' then r.lead_id else r.subject_key end as subject_id
        from casebook.drawn as d
        left join casebook.case_lead as c on d.subject_type = 'case' and c.case_id = d.subject_id
        join casebook.lead_register as r on r.lead_id = coalesce(c.lead_id, d.subject_id)
        where d.draw_id = $id and r.lead_id in (select lead_id from casebook.current_verdict)
        order by d.place, r.lead_id
        """,
        {"id": draw_id},
    )


def plan(con: duckdb.DuckDBPyConnection, handed: Handed) -> Planned:
    """Resolve every row against the verdict that stands; writes nothing but temporary tables."""
    words.prepare(con)
    con.register("typed_frame", handed.typed(con, FORM))
    con.execute(
        f"create or replace temp table handed_row as select *, {words.plain('conclusion')} as word from typed_frame"
    )
    con.unregister("typed_frame")
    query = (FOLDER / "recheck_plan.sql").read_text(encoding="utf-8")
    return Planned(handed.name, frame(con, query, {"today": date.today()}), handed.ignored)


def append(con: duckdb.DuckDBPyConnection, made: Planned, witness: Witness) -> int:
    """Append the new rows; gives how many."""
    new = made.of("new")
    if not new.height:
        return 0
    with transaction(con):
        stamp = events.stamp(con)
        rows = new.select(
            pl.lit(stamp.number).alias("number"),
            pl.lit(stamp.at).alias("written_at"),
            "draw_id",
            "lead_id",
            pl.col("second").alias("conclusion"),
            pl.col("second_amount").alias("confirmed_amount"),
            "reviewer",
            "rechecked_on",
            pl.col("second_reason").alias("reason"),
            "content_hash",
        )
        con.register("new_rows", rows)
        con.execute("insert into casebook.recheck by name select * from new_rows")
        con.unregister("new_rows")
        witness({"act": "recheck", "leads": new.height})
    return new.height


def agreement(rows: pl.DataFrame) -> dict[str, Any]:
    """read, agreeing, kappa (Cohen; None where one word only was said), both amounts, refused."""
    both = rows.filter(pl.col("state").is_in(["new", "known"]))
    agreeing = both.filter(pl.col("conclusion") == pl.col("second")).height
    kappa = None
    if both.height:
        observed = agreeing / both.height
        first = dict(both["conclusion"].value_counts().iter_rows())
        second = dict(both["second"].value_counts().iter_rows())
        expected = sum(n * second.get(word, 0) for word, n in first.items()) / both.height**2
        kappa = None if expected == 1 else round((observed - expected) / (1 - expected), 3)
    return {
        "read": both.height,
        "agreeing": agreeing,
        "kappa": kappa,
        "first_amount": both["confirmed_amount"].sum() or Decimal(0),
        "second_amount": both["second_amount"].sum() or Decimal(0),
        "refused": rows.filter(pl.col("state") == "refused").height,
    }


def differing(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows whose conclusion or amount is another one, the largest difference first."""
    both = rows.filter(pl.col("state").is_in(["new", "known"]))
    zero = pl.lit(Decimal("0.00"))
    gap = pl.col("second_amount").fill_null(zero) - pl.col("confirmed_amount").fill_null(zero)
    told = both.with_columns(difference=gap).filter(
        (pl.col("conclusion") != pl.col("second")) | (pl.col("difference") != 0)
    )
    columns = (
        "draw_id lead_id conclusion second confirmed_amount second_amount difference handled_by reviewer decided_on"
        " rechecked_on reason second_reason"
    ).split()
    return told.sort(pl.col("difference").abs(), "lead_id", descending=[True, False]).select(columns)
