"""What only whole columns show: two for one field, one that is empty throughout, days counted from 1904."""

from __future__ import annotations

import duckdb

from data.errors import InputRefused
from data.ingest import normalise
from data.ingest.cells import TEXTS, Cells
from data.ingest.delivery import Delivery
from data.ingest.remarks import counted_rows


def refuse_twice(con: duckdb.DuckDBPyConnection, delivery: Delivery, held: Cells) -> None:
    """Two columns for one field, as joins bring them: read where they say the same, else refused."""
    for other, first in delivery.again.items():
        one, two = normalise.quoted(first), normalise.quoted(other)
        (count,) = con.execute(
            f"select count_if({two} is not null and {one} is distinct from {two}) from {held.source}"
        ).fetchall()[0]
        if count:
            raise InputRefused(
                f"{delivery.name} names {delivery.fields[first].name_zh} ({delivery.fields[first].source}) twice, in"
                f" {first} and {other}, and {count:,} rows say different things there. Take one of the two columns"
                " out; nothing was loaded."
            )


def refuse_no_results(con: duckdb.DuckDBPyConnection, delivery: Delivery) -> None:
    """A sheet where a column that every row must have is empty throughout: formulas saved without their results."""
    required = {cell: f for cell, f in delivery.fields.items() if f.is_required and f.kind in normalise.TYPES}
    if not required:
        return
    counts = ", ".join(f"count({normalise.quoted(cell)})" for cell in required)
    rows, *filled = con.execute(f"select count(*), {counts} from {TEXTS}").fetchall()[0]
    empty = [cell for cell, count in zip(required, filled, strict=True) if not count]
    if rows and empty:
        raise InputRefused(
            f"{delivery.name}: {empty[0]} is empty in all {rows:,} rows, and every row must have it. Formulas saved"
            " without their results are empty: save the sheet's values and deliver that; nothing was loaded."
        )


def empty(con: duckdb.DuckDBPyConnection, delivery: Delivery, stage: str) -> list[str]:
    """Flags and codes that every row must have and does not: nothing is read into an empty one."""
    if delivery.mends is not None:
        return []
    required = {" ".join(c.split()): f.column for c, f in delivery.fields.items() if f.is_required and f.kind in MARKS}
    empties = {cell: f"{column} is null" for cell, column in required.items()}
    return [
        f"{cell} is empty in {count:,} rows, and every row must have it; it is not known there"
        for cell, count in counted_rows(con, empties, f"{stage} where bad is null")
    ]


MARKS = ("flag", "code", "grade")
#: A day as the number of days since the first one, as a spreadsheet holds it.
SERIAL = "[1-9][0-9]{4}(\\.[0-9]+)?"


def refuse_1904(con: duckdb.DuckDBPyConnection, delivery: Delivery) -> None:
    """A sheet that counts from 1904 and shows days as plain numbers: read as everywhere they are four years early."""
    if not delivery.is_1904:
        return
    for cell, field in delivery.fields.items():
        if field.kind in ("date", "timestamp"):
            text = f"trim({normalise.quoted(cell)})"
            count, example = con.execute(
                f"select count(*), min({text}) from {TEXTS} where regexp_full_match({text}, '{SERIAL}')"
            ).fetchall()[0]
            if count:
                raise InputRefused(
                    f"{delivery.name}: its workbook counts days from 1904, and {' '.join(cell.split())} holds them"
                    f" as plain numbers in {count:,} rows ({example} for instance). Give the column a date format, or"
                    " write its days as 2025-03-01, and deliver it again; nothing was loaded."
                )
