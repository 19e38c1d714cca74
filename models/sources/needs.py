"""What of the record a source needs, whether it is there, and how to say that it is not."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property

import duckdb

from data.contract import mapping
from models.sources.card import Card, CardError

#: Where else the record may hold what a need names: feature.person takes it from there.
ELSEWHERE = {
    "record.settlement.sex": ("record.encounter.sex", "record.person.sex"),
    "record.settlement.birth_on": ("record.encounter.birth_on", "record.person.birth_on"),
}


class Held:
    """What of the record is filled, asked once each for as long as nobody writes into the record."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con
        self._answers: dict[str, bool] = {}

    def __contains__(self, need: str) -> bool:
        """Whether the record holds a value for record.table or record.table.column."""
        if need not in self._answers:
            self._answers[need] = self._is_filled(need)
        return self._answers[need]

    def _is_filled(self, need: str) -> bool:
        _, table, *column = need.split(".")
        if column and (table, column[0]) not in self._columns:
            return False
        filled = f"where {column[0]} is not null" if column else ""
        return bool(
            self._con.execute(f"select 1 from record.{table} {filled} limit 1").fetchall()
        )  # to the first value

    @cached_property
    def _columns(self) -> set[tuple[str, str]]:
        """The columns there are: a HOME of an earlier version, opened to be read, may lack some."""
        asked = (
            "select table_name, column_name from duckdb_columns()"
            " where database_name = current_database() and schema_name = 'record'"
        )
        return {(table, column) for table, column in self._con.execute(asked).fetchall()}


def check_needs(card: Card) -> None:
    """Raises CardError for a need that the record has no table or column for."""
    columns = {t.target: {f.column for f in t.fields} for t in mapping.tables().values()}
    for need in card.needs:
        schema, table, *column = need.split(".")
        if schema != "record" or table not in columns or (column and column[0] not in columns[table]):
            raise CardError(f"needs names {need}, which the record does not have")


def missing(con: duckdb.DuckDBPyConnection, needs: Collection[str], held: Held | None = None) -> list[str]:
    """What of `needs` (record.table or record.table.column) the record does not hold, in words."""
    lacking, held = [], held or Held(con)
    by_target = {t.target: t for t in mapping.tables().values()}
    for need in needs:
        _, table, *column = need.split(".")
        entry = by_target[table]
        if any(place in held for place in (need, *ELSEWHERE.get(need, ()))):
            continue
        field = next((f for f in entry.fields if column and f.column == column[0]), None)
        name = f"{field.name_zh} ({entry.source}.{field.source})" if field else f"{entry.name_zh} ({entry.source})"
        rows, nobody = listed(con, entry.source)
        lacking.append(f"{name}, whose {rows:,} rows match nobody of the record" if rows and rows == nobody else name)
    return lacking


def listed(con: duckdb.DuckDBPyConnection, source_table: str) -> tuple[int, int]:
    """Delivered rows of another department's list, and how many of them match nobody."""
    rows = con.execute(
        "select coalesce(sum(delivered), 0), coalesce(sum(unmatched), 0) from record.list_match"
        " where source_table = $source",
        {"source": source_table},
    ).fetchall()
    return int(rows[0][0]), int(rows[0][1])
