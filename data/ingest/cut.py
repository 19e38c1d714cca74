"""Contents that may not be whole: as long as a spreadsheet or a query tool allows, or without any row."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence

from data.errors import InputRefused
from data.ingest.account import Account
from data.ingest.delivery import Delivery

#: Rows of a sheet, of the old form and of the new; a program that saves more of them leaves the rest out.
SHEET = (65_536, 1_048_576)
#: Rows at which query tools stop unless they are told otherwise.
LIMITS = (1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000)


def refuse_full(delivery: Delivery, rows: int, beside: Sequence[Delivery]) -> list[str]:
    """Raises InputRefused for a content that fills a sheet to its last row and is all that came of its table.

    Where others of the table came with it, the rest may be there: that, and a round number of rows, is only said.
    """
    lines = rows + delivery.lines
    if delivery.mends is not None or delivery.form == "parquet":
        return []
    if lines in SHEET:
        if not beside:
            raise InputRefused(
                f"{delivery.name} has {lines:,} rows with its header, as many as a sheet can have: what came after is"
                " cut off. Export the table as CSV, or in parts, and deliver it whole; nothing was loaded."
            )
        return [f"it has {lines:,} rows with its header, as many as a sheet can have; see that the rest came too"]
    if rows in LIMITS:
        return [f"it has {rows:,} rows, a number at which query tools stop; ask whether it is whole"]
    return []


def unended(delivery: Delivery) -> list[str]:
    """A text whose last line does not end: one that was cut off in a free text looks whole in every other way."""
    if delivery.form != "text" or delivery.mends is not None or delivery.path.name.lower().endswith(".gz"):
        return []
    with delivery.path.open("rb") as handle:
        size = handle.seek(0, os.SEEK_END)
        handle.seek(max(0, size - 8))
        end = handle.read()
    is_ended = not end.strip(b"\0") or end.rstrip(b" \t\0\x1a")[-1:] in (b"\n", b"\r", b"")
    return [] if is_ended else ["its last line does not end; see that it was not cut off there"]


def refuse_empty(accounts: Collection[Account], deliveries: Collection[Delivery], loaded: Collection[str]) -> None:
    """Raises InputRefused where an indispensable table came for the first time, and no file of it has a row."""
    for table in {d.table.source: d.table for d in deliveries if d.table.is_required}.values():
        own = [a for a in accounts if a.source_table == table.source and a.refused is None]
        if own and table.source not in loaded and not any(a.rows_in - a.left_out for a in own):
            raise InputRefused(
                f"{own[0].file} has no row below its header, and {table.source} ({table.name_zh}) is indispensable."
                " Export it again and deliver it with the others; nothing was loaded."
            )
