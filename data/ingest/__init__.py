"""Take a delivery into the record: find, read, normalise, load, account."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import duckdb

from data.errors import InputRefused
from data.ingest import read
from data.ingest.account import Account, write
from data.ingest.find import Delivery, find, missing_tables
from data.ingest.load import load
from data.warehouse import transaction

__all__ = ["Account", "Delivery", "find", "ingest", "ingest_id"]


def ingest_id(deliveries: list[Delivery]) -> str:
    """Hash of what was delivered: names and contents."""
    said = "\n".join(f"{d.name} {d.file_id}" for d in deliveries)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def ingest(con: duckdb.DuckDBPyConnection, folder: Path, say: Callable[[str], None] = lambda _: None) -> list[Account]:
    """Load a folder into the record in one transaction: all of it or nothing.

    A file content that was loaded before loads nothing and counts as duplicate. Raises InputRefused with
    the first fault found; the record is then as it was.
    """
    deliveries = find(folder)
    loaded = {row[0] for row in con.sql("select distinct source_table from run.input_file").fetchall()}
    if missing := missing_tables(deliveries, loaded):
        raise InputRefused(f"{folder} lacks the indispensable table {', '.join(missing)}. Deliver it with the others.")
    with transaction(con):
        accounts = [_one(con, delivery, say) for delivery in deliveries]
        this = ingest_id(deliveries)
        if any(a.loaded + a.replaced for a in accounts):
            write(con, this, accounts)
            con.execute("delete from run.step where step = 'ingest'")
            con.execute(
                "insert into run.step values ('ingest', $id, now(), null, null)",
                {"id": this},
            )
    return accounts


def _one(con: duckdb.DuckDBPyConnection, delivery: Delivery, say: Callable[[str], None]) -> Account:
    seen = con.execute(
        "select rows_in, yuan_in from run.input_file where file_id = $id and source_table = $source",
        {"id": delivery.file_id, "source": delivery.table.source},
    ).fetchall()
    if seen:
        rows, yuan = seen[0]
        account = Account(
            delivery.name, delivery.table.source, rows, 0, duplicate=rows, yuan_in=yuan, yuan_duplicate=yuan
        )
    else:
        read.stage(con, delivery)
        if fault := read.first_fault(con, delivery):
            raise fault
        account = load(con, delivery)
        con.execute(
            "insert into run.input_file values ($id, $file, $source, now(), $rows, $yuan)",
            {
                "id": delivery.file_id,
                "file": delivery.name,
                "source": delivery.table.source,
                "rows": account.rows_in,
                "yuan": account.yuan_in,
            },
        )
    account.check()
    say(account.sentence())
    return account
