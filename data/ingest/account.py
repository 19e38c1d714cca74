"""Where every delivered row and yuan went: loaded, duplicate, replaced, rejected, or left out as no record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from decimal import Decimal

import duckdb

from data.errors import CheckStopped
from data.ingest.faults import Fault, alone

ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Account:
    """One delivered file's rows and yuan; replaced rows took the place of an earlier content.

    Rows left out are totals, labels, units and remarks: they are counted, and their money is nobody's.
    """

    file: str
    source_table: str
    rows_in: int
    loaded: int
    duplicate: int = 0
    replaced: int = 0
    rejected: int = 0
    yuan_in: Decimal = ZERO
    yuan_loaded: Decimal = ZERO
    yuan_duplicate: Decimal = ZERO
    yuan_replaced: Decimal = ZERO
    yuan_rejected: Decimal = ZERO
    left_out: int = 0
    refused: str | None = None  # why the whole file was left out, where a person let the others go on

    def check(self) -> None:
        """Raise CheckStopped unless every row and every yuan is accounted for."""
        rows = self.loaded + self.duplicate + self.replaced + self.rejected + self.left_out
        yuan = self.yuan_loaded + self.yuan_duplicate + self.yuan_replaced + self.yuan_rejected
        if (rows, yuan) != (self.rows_in, self.yuan_in):
            raise CheckStopped(
                f"The account of {self.file} does not balance: {self.rows_in} rows and {self.yuan_in} yuan"
                f" came in, {rows} rows and {yuan} yuan are accounted for. Nothing was loaded."
            )

    def sentence(self) -> str:
        """The file's account in one line; kinds of fate without a row are left out."""
        if self.refused is not None:
            return f"{self.file}: left out whole: {self.refused}"
        fates = {
            "duplicate": self.duplicate,
            "replaced": self.replaced,
            "rejected": self.rejected,
            "left out": self.left_out,
        }
        parts = [f"{self.loaded:,} loaded", *(f"{n:,} {name}" for name, n in fates.items() if n)]
        yuan = f", {self.yuan_in:,} yuan in, {self.yuan_loaded:,} loaded" if self.yuan_in else ""
        return f"{self.file}: {self.rows_in:,} rows in = {' + '.join(parts)}{yuan}"


def refused(faults: Iterable[Fault]) -> Iterator[Account]:
    """The accounts of files that were left out whole: nothing of them was counted, and why is said."""
    by_file: dict[str, list[Fault]] = {}
    for fault in faults:
        by_file.setdefault(fault.name, []).append(fault)
    for name, own in by_file.items():
        source = next((f.table.source for f in own if f.table is not None), "")
        yield Account(name, source, 0, 0, refused=" ".join(alone(f.sentence) for f in own))


def write(con: duckdb.DuckDBPyConnection, ingest_id: str, accounts: list[Account]) -> None:
    """Store one ingest's account; the same ingest again replaces its rows.

    A file that was left out whole stands in the accounts until one of its name is taken.
    """
    con.execute("delete from run.account where ingest_id = $id", {"id": ingest_id})
    names = ", ".join(["ingest_id", *(f.name for f in fields(Account))])
    marks = ", ".join(["?"] * (1 + len(fields(Account))))
    con.executemany(
        f"insert into run.account ({names}) values ({marks})", [[ingest_id, *astuple(account)] for account in accounts]
    )
    taken = [a.file for a in accounts if a.refused is None]
    con.execute(
        "update run.account set taken_by = $id where refused is not null and taken_by is null and ingest_id <> $id"
        " and file in (select unnest($taken))",
        {"id": ingest_id, "taken": taken},
    )
