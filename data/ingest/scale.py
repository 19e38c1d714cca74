"""Numbers whose look says that they are not what their column is called, though no word of the file does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import duckdb

from data.errors import InputRefused
from data.ingest import normalise

if TYPE_CHECKING:
    from data.ingest.cells import Cells
    from data.ingest.delivery import Delivery

SAMPLE = 1_000
#: Rows without which nothing is said, and the share of them that must look so.
FEW, MANY, MOST = 10, 50, 0.5
#: Parts of a fen, other than those that a float's last digits bring.
PARTS_OF_A_FEN = re.compile(r"-?[0-9]+\.[0-9]{2}(?!0+$|0{4}|9{4})[0-9]+")
#: Quantities are mostly whole and prices are not.
SWAPPED = 0.8


def notes(con: duckdb.DuckDBPyConnection, delivery: Delivery, held: Cells, stage: str) -> list[str]:
    """What to look at. Raises InputRefused for bills in parts of a fen: they are in ten thousands of yuan."""
    if delivery.mends is not None:
        return []
    return [*_bills(con, delivery, held), *_swapped(con, delivery, stage)]


def _bills(con: duckdb.DuckDBPyConnection, delivery: Delivery, held: Cells) -> list[str]:
    cell = next((c for c, f in delivery.fields.items() if f.column == "total_amount"), None)
    if delivery.table.target != "settlement" or cell is None:
        return []
    texts = [row[0].strip() for row in held.first(con, normalise.quoted(cell), SAMPLE) if row[0]]
    shown, whole = " ".join(cell.split()), [t for t in texts if re.fullmatch(r"-?[0-9]+", t)]
    fine = [t for t in texts if PARTS_OF_A_FEN.fullmatch(t)]
    if len(fine) >= FEW and len(fine) > MOST * len(texts):
        raise InputRefused(
            f"{delivery.name}: {shown} has parts of a fen in {len(fine):,} of the first {len(texts):,} rows ({fine[0]}"
            " for instance), as amounts in ten thousands of yuan have. Export them in yuan and deliver it again;"
            " nothing was loaded."
        )
    if len(whole) == len(texts) >= MANY:
        return [f"{shown}: none of the first {len(texts):,} amounts has parts of a yuan; see that they are not in fen"]
    return []


def _swapped(con: duckdb.DuckDBPyConnection, delivery: Delivery, stage: str) -> list[str]:
    """Quantity times price is the same where the two columns are swapped."""
    cells = {f.column: " ".join(c.split()) for c, f in delivery.fields.items()}
    if not {"quantity", "unit_price"} <= set(cells):
        return []
    rows, parts, whole = con.execute(
        f"""
        select count(*), count_if(quantity <> floor(quantity)), count_if(unit_price = floor(unit_price))
        from (select quantity, unit_price from {stage} where quantity <> 1 and unit_price <> quantity limit {SAMPLE})
        """
    ).fetchall()[0]
    if rows < MANY or parts < SWAPPED * rows or whole < SWAPPED * rows:
        return []
    return [
        f"{cells['quantity']} has parts in {parts:,} of {rows:,} rows and {cells['unit_price']} is whole in {whole:,}:"
        " see that the two columns are not swapped"
    ]
