"""Contents that are refused for their faulty rows: too many of them, or a second table below the first."""

from __future__ import annotations

import csv
import re

import duckdb

from data.contract import mapping
from data.errors import InputRefused
from data.ingest import normalise
from data.ingest.delivery import Delivery

#: More faulty rows than this share and the file is not what it says it is.
MOST_FAULTY = 0.05
#: A row of so many names of a table's columns is its header; so many faulty rows are looked at for one.
LEAST_NAMES, LOOKED_AT = 3, 1_000
#: A value is shown where it looks like a number or day, and not where it may be somebody's number or name.
SHOWN, PERSONAL = re.compile(r"[\d\s.,:/\\'+\-()（）¥￥$%*#?Ee年月日时分秒元万]{1,24}"), 11


def refuse_second(con: duckdb.DuckDBPyConnection, delivery: Delivery, names: mapping.Names, faults: str) -> None:
    """Raises InputRefused where a row that cannot be read is the header of a second table below the first."""
    if delivery.mends is not None:
        return
    for row, sheet_row, raw in con.execute(
        f"select row_number, sheet_row, raw from {faults} order by row_number limit {LOOKED_AT}"
    ).fetchall():
        cells = [c for c in _cells(raw, delivery) if c]
        if len(cells) < LEAST_NAMES or any(c.isdigit() for c in cells):
            continue
        if any(len(names.match(table, cells)) >= LEAST_NAMES for table in mapping.tables().values()):
            shown = f" (row {sheet_row} as a spreadsheet shows it)" if sheet_row is not None else ""
            where = f"{delivery.name}, data row {row}{shown}"
            raise InputRefused(
                f"{where}: a second table begins there, with a header of its own. Put it into a file or sheet of its"
                " own; nothing was loaded."
            )


def refuse_foreign(con: duckdb.DuckDBPyConnection, delivery: Delivery, stage: str, faults: str) -> None:
    """A file of which more than a twentieth is faulty is refused whole, by its first fault; mended rows are not."""
    if delivery.mends is not None:
        return
    foreign = f"not starts_with(reason, '{normalise.UNKNOWN_WORD}')"  # a word of another office spoils no other row
    faulty, sound = con.execute(
        f"select (select count(*) from {faults} where {foreign}), (select count(*) from {stage})"
    ).fetchall()[0]
    if not faulty or faulty <= MOST_FAULTY * (faulty + sound):
        return
    row, sheet_row, source, reason, raw = con.execute(
        f"select row_number, sheet_row, field, reason, raw from {faults} where {foreign} order by row_number limit 1"
    ).fetchall()[0]
    cell = next((c for c, f in delivery.fields.items() if f.source == source), None)
    named = " ".join(cell.split()) if cell else ""  # a wrapped cell breaks its line
    sentence = f"{named} is {reason}{_seen(delivery, cell, raw)}" if cell else reason
    more = f" ({faulty:,} of {faulty + sound:,} rows are faulty)" if faulty > 1 else ""
    shown = f" (row {sheet_row} as a spreadsheet shows it)" if sheet_row is not None else ""
    where = f"{delivery.name}, data row {row}{shown}"
    raise InputRefused(f"{where}: {sentence}{more}. Correct the file and run again; nothing was loaded.")


def _seen(delivery: Delivery, cell: str, raw: str | None) -> str:
    """What stands in the cell of a number or day, if it can be nobody's name or number."""
    field, cells = delivery.fields[cell], _cells(raw, delivery)
    if field.kind not in normalise.TYPES or field.is_personal or len(cells) != len(delivery.header):
        return ""
    value = cells[delivery.header.index(cell)]
    return (
        f": {value}"
        if SHOWN.fullmatch(value) and "\n" not in value and sum(c.isdigit() for c in value) < PERSONAL
        else ""
    )


def _cells(raw: str | None, delivery: Delivery) -> list[str]:
    try:
        return [c.strip() for c in next(csv.reader([raw or ""], delimiter=delivery.mark), [])]
    except csv.Error:
        return []
