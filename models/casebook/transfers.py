"""Transfers (移送) to other departments: what each needs of a lead and nothing more, as a proposal somebody decides on.

Sums stand beside filing lines; what they mean is for the department to say.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from data.errors import UsageError, like
from data.warehouse import events
from data.warehouse.connection import frame, has, transaction

FOLDER = Path(__file__).parent
STATES = ("proposed", "decided", "sent", "accepted", "returned", "withdrawn")
Witness = Callable[[Mapping[str, Any]], None]


@cache
def departments() -> dict[str, dict[str, str]]:
    """department -> its name, name_zh, and the kinds of subjects that may be its matter."""
    return {row["department"]: row for row in _listed("transfer_departments")}


@cache
def columns(department: str) -> tuple[str, ...]:
    """What a department gets of each finding."""
    return tuple(row["column"] for row in _listed("transfer_columns") if row["department"] == department)


def next_id(con: duckdb.DuckDBPyConnection, on: date) -> str:
    """The number of the next transfer of a year."""
    taken = con.execute(
        "select count(distinct transfer_id) from casebook.transfer_event where starts_with(transfer_id, $year)",
        {"year": f"Y{on.year}-"},
    ).fetchall()[0][0]
    return f"Y{on.year}-{taken + 1:03}"


def propose(
    con: duckdb.DuckDBPyConnection,
    transfer_id: str,
    matter: Mapping[str, Any],
    days: Mapping[str, date | None],
    on: date,
    manifest_hash: str,
    witness: Witness,
) -> None:
    """Keep a package as a proposal; `days`: first_on, last_on, penal_until. The log names no subject and no person."""
    with transaction(con):
        stamp = events.stamp(con)
        con.execute(
            "insert into casebook.transfer_event values ($number, $at, $id, $on, 'proposed', $lead, $department, $kind,"
            " $subject, $confirmed, $suspected, $first_on, $last_on, $penal_until, $hash, null)",
            {
                "number": stamp.number,
                "at": stamp.at,
                "id": transfer_id,
                "on": on,
                "lead": matter["lead_id"],
                "department": matter["department"],
                "kind": matter["subject_type"],
                "subject": matter["subject_id"],
                "confirmed": matter["confirmed_amount"],
                "suspected": matter["suspected_amount"],
                "hash": manifest_hash,
                **days,
            },
        )
        witness(
            {
                "act": "proposed",
                "transfer": transfer_id,
                "lead": matter["lead_id"],
                "department": matter["department"],
                "manifest": manifest_hash,
            }
        )


def note(con: duckdb.DuckDBPyConnection, transfer_id: str, state: str, text: str, on: date, witness: Witness) -> None:
    """Keep what became of a transfer. Raises UsageError for an unknown number or state, or too early a day."""
    rows = dict(con.execute("select transfer_id, proposed_on from casebook.current_transfer").fetchall())
    if transfer_id not in rows:
        raise UsageError(
            f"There is no transfer '{transfer_id}'.{like(transfer_id, rows)} `fundwatch transfer list` has them."
        )
    if state not in STATES[1:]:
        raise UsageError(f"--state is '{state}'; it must be {', '.join(STATES[1:])}.")
    if on < rows[transfer_id]:
        raise UsageError(f"Transfer {transfer_id} was proposed on {rows[transfer_id]}, after {on}. Correct the day.")
    with transaction(con):
        stamp = events.stamp(con)
        con.execute(
            "insert into casebook.transfer_event (number, written_at, transfer_id, acted_on, state, text)"
            " values ($number, $at, $id, $on, $state, $text)",
            {
                "number": stamp.number,
                "at": stamp.at,
                "id": transfer_id,
                "on": on,
                "state": state,
                "text": text or None,
            },
        )
        witness({"act": state, "transfer": transfer_id})


def listed(con: duckdb.DuckDBPyConnection, on: date) -> pl.DataFrame:
    """One row a transfer with its state and the days left until the ordinary limitation."""
    if not has(con, "casebook.transfer_event"):  # a HOME of an earlier version, opened to be read only
        raise UsageError(
            "This HOME has no transfer yet. Put one together with `fundwatch transfer LEAD_ID --to police`."
        )
    return frame(con, _query("transfer_list"), {"on": on})


def matter(con: duckdb.DuckDBPyConnection, lead_id: str, department: str) -> dict[str, Any]:
    """The lead's subject and money: subject_type, subject_id, confirmed_amount, subject_confirmed, suspected_amount.

    Raises UsageError for an unknown lead or department, a subject that is not its matter, and a dismissed lead.
    """
    if department not in departments():
        raise UsageError(f"--to is '{department}'; it must be {', '.join(departments())}.")
    money = _money(con, lead_id)
    kind = str(money["subject_type"])
    if kind not in departments()[department]["subjects"].split():
        raise UsageError(f"A lead about a {kind} is no matter for {department}. Choose another department.")
    if money["is_dismissed"]:
        raise UsageError(f"Lead {lead_id} was dismissed, so there is nothing to transfer.")
    rest = max(Decimal(0), money["amount_at_risk"] - money["confirmed_amount"])
    return {**money, "department": department, "suspected_amount": Decimal(0) if money["is_settled"] else rest}


def _money(con: duckdb.DuckDBPyConnection, lead_id: str) -> dict[str, Any]:
    rows = frame(con, _query("transfer_money"), {"lead": lead_id})
    if not rows.height:
        lead_ids = [row[0] for row in con.execute("select lead_id from casebook.lead_register").fetchall()]
        raise UsageError(f"There is no lead '{lead_id}'.{like(lead_id, lead_ids)} The watchlists have them.")
    return rows.row(0, named=True)


def _listed(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def _query(name: str) -> str:
    return (FOLDER / f"{name}.sql").read_text(encoding="utf-8")
