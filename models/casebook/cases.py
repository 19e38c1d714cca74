"""Cases: several leads of one matter with owner, due date, state and notes; every act is appended, none is changed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from data.errors import UsageError, like
from data.warehouse import events
from data.warehouse.connection import frame, has, transaction

FOLDER = Path(__file__).parent
#: What a state says besides: these end a case, so nothing but a note comes after them.
ENDS = ("concluded", "excluded", "merged", "transferred")
Witness = Callable[[Mapping[str, Any]], None]


def there(con: duckdb.DuckDBPyConnection) -> None:
    """Raises UsageError where a HOME of an earlier version, opened for reading, has no cases yet."""
    if not has(con, "casebook.case_event"):
        raise UsageError("This HOME has no case yet. Open one with `fundwatch case open`.")


def open_(
    con: duckdb.DuckDBPyConnection,
    title: str,
    kind: str,
    leads: Collection[str],
    on: date,
    witness: Witness,
    owner: str | None = None,
    due_on: date | None = None,
) -> str:
    """Open a case with its leads; gives its number. Raises UsageError for a lead that does not exist or is taken."""
    if not title:
        raise UsageError("Give the case a title: fundwatch case open TITLE LEAD ... --kind KIND.")
    _dated(on)
    if due_on is not None and due_on < on:
        raise UsageError(f"The case would be due on {due_on}, before it is opened on {on}. Give a later --due.")
    found = [_lead(con, name) for name in dict.fromkeys(leads)]
    _free(con, found, None)
    with transaction(con):
        taken = con.execute(
            "select count(distinct case_id) from casebook.case_event where starts_with(case_id, $year)",
            {"year": f"C{on.year}-"},
        ).fetchall()[0][0]
        case_id = f"C{on.year}-{taken + 1:04}"
        _write(con, case_id, on, "open", title=title, kind=kind, owner=owner, due_on=due_on, state="pending")
        for lead in found:
            _write(con, case_id, on, "add", **lead)
        witness({"case": case_id, "act": "open", "on": str(on), "kind": kind, "leads": len(found)})
    return case_id


def add(con: duckdb.DuckDBPyConnection, case_id: str, leads: Collection[str], on: date, witness: Witness) -> int:
    """Add leads to an open case; one it has already is passed over. Gives how many were added."""
    case = _standing(con, case_id, on)
    found = [_lead(con, name) for name in dict.fromkeys(leads)]
    if not found:
        raise UsageError("Name the leads to add: fundwatch case add CASE LEAD ...")
    _free(con, found, case["case_id"])
    held = set(
        con.execute(
            "select coalesce(lead_id, outside_id) from casebook.case_lead where case_id = $id", {"id": case["case_id"]}
        ).fetchall()
    )
    fresh = [lead for lead in found if tuple(lead.values()) not in held]
    if fresh:
        with transaction(con):
            for lead in fresh:
                _write(con, case["case_id"], on, "add", **lead)
            named = [name for lead in fresh for name in lead.values()]
            witness({"case": case["case_id"], "act": "add", "on": str(on), "leads": named})
    return len(fresh)


def act(con: duckdb.DuckDBPyConnection, case_id: str, name: str, on: date, witness: Witness, **values: Any) -> bool:
    """Append one act (note, assign, due, close) with its values; False where the very same was written before.

    Raises UsageError for a case that does not exist, is closed (but for notes), or was opened later.
    """
    case = _standing(con, case_id, on, may_be_closed=name == "note" and values.get("state") is None)
    if name == "due" and values["due_on"] < case["opened_on"]:
        raise UsageError(f"Case {case['case_id']} was opened on {case['opened_on']}; it cannot be due before that.")
    columns = " and ".join(f"{column} is not distinct from ${column}" for column in values)
    latest = "" if name == "note" else " and number = (select max(number) from casebook.case_event where case_id = $id"
    latest += "" if name == "note" else " and act = $act)"
    same = con.execute(
        f"select 1 from casebook.case_event where case_id = $id and act = $act and acted_on = $on"
        f" and {columns}{latest}",
        {"id": case["case_id"], "act": name, "on": on, **values},
    ).fetchall()
    if same:
        return False
    with transaction(con):
        _write(con, case["case_id"], on, name, **values)
        logged = {k: str(v) for k, v in values.items() if v is not None and k in ("due_on", "state")}
        witness({"case": case["case_id"], "act": name, "on": str(on), **logged})
    return True


def listed(
    con: duckdb.DuckDBPyConnection,
    on: date,
    *,
    owner: str | None = None,
    kind: str | None = None,
    overdue: bool = False,
    closed: bool = False,
) -> pl.DataFrame:
    """The cases as they stood on a day, open ones alone unless `closed`; what is due first comes first."""
    rows = frame(con, _query("case_list"), {"on": on})
    if not closed:
        rows = rows.filter(pl.col("closed_on").is_null())
    for column, wanted in (("owner", owner), ("kind", kind)):
        rows = rows if wanted is None else rows.filter(pl.col(column) == wanted)
    return rows.filter(pl.col("timing").is_in(["overdue", "late"])) if overdue else rows


def shown(con: duckdb.DuckDBPyConnection, case_id: str) -> tuple[dict[str, Any], pl.DataFrame, pl.DataFrame]:
    """A case, its leads with what became of them, and its acts in the order in which they were written."""
    name = _known(con, case_id)
    last = con.execute("select max(acted_on) from casebook.case_event").fetchall()[0][0]
    case = frame(con, _query("case_list"), {"on": max(last, date.today())}).row(
        by_predicate=pl.col("case_id") == name, named=True
    )
    acts = frame(
        con,
        "select number, acted_on, act, coalesce(lead_id, outside_id) as lead_id, owner, due_on, state,"
        " coalesce(text, title) as text from casebook.case_event where case_id = $id order by number",
        {"id": name},
    )
    return case, frame(con, _query("case_leads"), {"id": name}), acts


def of_leads(con: duckdb.DuckDBPyConnection, before: int | None = None) -> pl.DataFrame:
    """lead_id and its cases: case_id, title, state, owner, due_on ...; `before`: as of an event's number."""
    return frame(con, _query("lead_cases"), {"before": before})


def _write(con: duckdb.DuckDBPyConnection, case_id: str, on: date, name: str, **values: Any) -> None:
    stamp = events.stamp(con)
    row = {"number": stamp.number, "written_at": stamp.at, "case_id": case_id, "acted_on": on, "act": name, **values}
    named = ", ".join(f"${column}" for column in row)
    con.execute(f"insert into casebook.case_event ({', '.join(row)}) values ({named})", row)


def _standing(con: duckdb.DuckDBPyConnection, case_id: str, on: date, may_be_closed: bool = False) -> dict[str, Any]:
    _dated(on)
    name = _known(con, case_id)
    case = frame(con, "select * from casebook.current_case where case_id = $id", {"id": name}).row(0, named=True)
    if on < case["opened_on"]:
        raise UsageError(f"Case {name} was opened on {case['opened_on']}; nothing was done in it on {on}.")
    if case["closed_on"] is not None and not may_be_closed:
        raise UsageError(f"Case {name} was closed on {case['closed_on']}. Open a new case; notes can still be added.")
    return case


def _known(con: duckdb.DuckDBPyConnection, case_id: str) -> str:
    name = case_id.strip().upper()
    there = [row[0] for row in con.execute("select case_id from casebook.current_case order by 1").fetchall()]
    if name not in there:
        raise UsageError(f"There is no case {case_id}.{like(name, there)} See `fundwatch case list --closed`.")
    return name


def _lead(con: duckdb.DuckDBPyConnection, name: str) -> dict[str, str]:
    """The column and id of a lead of the lists, else of a lead from outside."""
    name = name.strip()
    if con.execute("select 1 from casebook.lead_register where lead_id = $id", {"id": name}).fetchall():
        return {"lead_id": name}
    query = (
        "select 1 from casebook.outside_lead where outside_id = $id union select 1 from record.tip where tip_id = $id"
    )
    if con.execute(query, {"id": name}).fetchall():
        return {"outside_id": name}
    raise UsageError(f"There is no lead {name}. Take its id from a watchlist or from `fundwatch tip list`.")


def _free(con: duckdb.DuckDBPyConnection, leads: Collection[Mapping[str, str]], case_id: str | None) -> None:
    """A lead is in one open case at most, so that no money stands in two."""
    for lead in leads:
        (name,) = lead.values()
        taken = con.execute(
            "select l.case_id from casebook.case_lead as l join casebook.current_case as c on c.case_id = l.case_id"
            " where coalesce(l.lead_id, l.outside_id) = $id and c.closed_on is null"
            " and l.case_id is distinct from $case order by 1",
            {"id": name, "case": case_id},
        ).fetchall()
        if taken:
            raise UsageError(f"Lead {name} is in case {taken[0][0]} already, which is open. Add to that case.")


def _dated(on: date) -> None:
    if on > date.today():
        raise UsageError(f"--on {on} has not come yet. Give the day of the act.")


def _query(name: str) -> str:
    return (FOLDER / f"{name}.sql").read_text(encoding="utf-8")
