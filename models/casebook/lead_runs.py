"""How each lead stood in each run: what the lists forget when the next run is ranked."""

from __future__ import annotations

import duckdb
import polars as pl

from data.warehouse import events
from data.warehouse.connection import frame, has

#: The runs a person reads of one lead; older ones stay in the casebook.
SHOWN = 12


def keep(con: duckdb.DuckDBPyConnection, run_id: str) -> None:
    """Remember how this run's ranking finds every open lead; to be called inside its transaction.

    A run that is ranked again keeps its place in the order of events. A lead that the run before found and this one
    does not has a row that says so, once.
    """
    if not con.execute("select 1 from casebook.ranked_run where run_id = $run", {"run": run_id}).fetchall():
        stamp = events.stamp(con)
        con.execute(
            "insert into casebook.ranked_run values ($run, $number, $at)",
            {"run": run_id, "number": stamp.number, "at": stamp.at},
        )
    con.execute("delete from casebook.lead_history where run_id = $run", {"run": run_id})
    con.execute(
        """
        insert into casebook.lead_history by name
        select $run as run_id, lead_id, false as is_gone, rank, tier, score, amount_at_risk, fund_at_risk
        from model.lead order by lead_id
        """,
        {"run": run_id},
    )
    con.execute(
        """
        insert into casebook.lead_history by name
        with standing as (
            select h.lead_id, max_by(h.is_gone, r.number) as is_gone
            from casebook.lead_history as h
            join casebook.ranked_run as r on r.run_id = h.run_id
            where r.number < (select number from casebook.ranked_run where run_id = $run)
            group by h.lead_id
        )
        select $run as run_id, s.lead_id, true as is_gone
        from standing as s
        join casebook.lead_register as l on l.lead_id = s.lead_id
        where not s.is_gone and l.closed_on is null and s.lead_id not in (select lead_id from model.lead)
        order by s.lead_id
        """,
        {"run": run_id},
    )


def number(con: duckdb.DuckDBPyConnection, run_id: str) -> int | None:
    """A run's place among the events; None for one that an earlier version ranked."""
    if not has(con, "casebook.ranked_run"):
        return None
    rows = con.execute("select number from casebook.ranked_run where run_id = $run", {"run": run_id}).fetchall()
    return int(rows[0][0]) if rows else None


def of_leads(con: duckdb.DuckDBPyConnection, lead_id: str | None = None) -> pl.DataFrame:
    """lead_id, run_id, is_gone, rank, tier, score, amount_at_risk, fund_at_risk: each lead's last runs, oldest first.

    Empty where a lead stood in one run only: that is its row on the list.
    """
    if not has(con, "casebook.lead_history"):
        return pl.DataFrame({"lead_id": []}, schema={"lead_id": pl.String})
    return frame(
        con,
        """
        with placed as (
            select h.*, r.number, count(*) over (partition by h.lead_id) as runs,
                row_number() over (partition by h.lead_id order by r.number desc) as place
            from casebook.lead_history as h
            join casebook.ranked_run as r on r.run_id = h.run_id
            where h.lead_id = coalesce($lead, h.lead_id)
        )
        select lead_id, run_id, is_gone, rank, tier, score, amount_at_risk, fund_at_risk
        from placed where runs > 1 and place <= $shown order by lead_id, number
        """,
        {"lead": lead_id, "shown": SHOWN},
    )
