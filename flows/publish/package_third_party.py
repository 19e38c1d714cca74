"""Lines for a third party under contract: the least that a reviewer of records needs, every id a pseudonym.

The pseudonyms are made with a key derived from the office's own and the contract with its days: two contracts, or the
same one renewed, cannot be laid side by side, and nobody outside can make them again. Which place, person or bill
stands behind one the office alone can tell, by making them again with its key.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from data.ingest import Pseudonyms
from data.warehouse.connection import frame

#: column -> the pseudonym that stands for it.
REFERENCES = {
    "line_id": "line_ref",
    "settlement_id": "settlement_ref",
    "person_id": "person_ref",
    "institution_id": "institution_ref",
}


def hidden(
    con: duckdb.DuckDBPyConnection, lines: pl.DataFrame, key: Path, contract: str, first: date, last: date
) -> pl.DataFrame:
    """The lines with pseudonyms in place of ids; no name, no practitioner, no visit."""
    office = Pseudonyms.at(key, makes=True)
    derived = hmac.new(office.key, f"{contract}|{first}|{last}".encode(), hashlib.sha256).digest()
    own = Pseudonyms(derived)
    parts = []
    for column, name in REFERENCES.items():
        pseudonym = own.sql(f"'{column}:' || {column}")
        parts.append(f"case when {column} is not null then {pseudonym} end as {name}")
    references = ", ".join(parts)
    con.register("package_frame", lines)
    try:
        # In the order of the pseudonyms: the office's own order would say which bills stand together.
        return frame(
            con,
            f"select {references}, source, certainty, occurred_on, item_code, item_name, quantity, unit_price, amount,"
            " amount_at_issue from package_frame order by institution_ref, settlement_ref, line_ref, source",
        )
    finally:
        con.unregister("package_frame")
