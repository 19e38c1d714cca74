"""What only columns as a whole show: two for one field, and one that must be filled and is empty throughout."""

from __future__ import annotations

import duckdb

from data.errors import InputRefused
from data.ingest import normalise
from data.ingest.cells import TEXTS, Cells
from data.ingest.delivery import Delivery


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
