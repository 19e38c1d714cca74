"""Lines for a third party under contract: the least that a reviewer of records needs, every id a pseudonym.

The pseudonyms are made with a key derived from the office's own and the contract with its days: two contracts, or the
same one renewed, cannot be laid side by side, and nobody outside can make them again. Which place, person or bill
stands behind one the office alone can tell, by making them again with its key.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
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
    own = _of_contract(key, contract, first, last, makes=True)
    parts = [
        f"case when {column} is not null then {_pseudonym(own, column)} end as {name}"
        for column, name in REFERENCES.items()
    ]
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


def revealed(
    con: duckdb.DuckDBPyConnection, key: Path, contract: str, first: date, last: date, references: Sequence[str]
) -> pl.DataFrame:
    """reference, what (line, settlement, person, institution), id: who stands behind pseudonyms of one contract.

    What is none of this contract has no id.
    """
    own = _of_contract(key, contract, first, last, makes=False)
    queries = {
        "line_id": "select line_id from feature.fee_line",
        "settlement_id": "select settlement_id from feature.settlement",
        "person_id": "select person_id from feature.person",
        "institution_id": "select institution_id from feature.institution",
    }
    behind = " union all ".join(
        f"select '{column.removesuffix('_id')}' as what, {column} as id, {_pseudonym(own, column)} as reference"
        f" from ({query}) where {column} is not null"
        for column, query in queries.items()
    )
    return frame(
        con,
        f"""
        select r.reference, min(b.what) as what, min(b.id) as id
        from (select unnest($references) as reference) as r
        left join ({behind}) as b on b.reference = r.reference
        group by r.reference order by r.reference
        """,
        {"references": list(dict.fromkeys(references))},
    )


def _pseudonym(own: Pseudonyms, column: str) -> str:
    return own.sql(f"'{column}:' || {column}")


def _of_contract(key: Path, contract: str, first: date, last: date, *, makes: bool) -> Pseudonyms:
    office = Pseudonyms.at(key, makes=makes)
    return Pseudonyms(hmac.new(office.key, f"{contract}|{first}|{last}".encode(), hashlib.sha256).digest())
