"""Which delivered table and field becomes which column: read from mappings/*.csv."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).with_name("mappings")


@dataclass(frozen=True)
class Field:
    """One delivered field and the column it fills."""

    source: str
    column: str
    kind: str
    is_required: bool
    is_personal: bool
    name_zh: str


@dataclass(frozen=True)
class Table:
    """One delivered table and the record table it fills; `key` are the columns that name a row."""

    source: str
    target: str
    name_zh: str
    is_required: bool
    key: tuple[str, ...]
    fields: tuple[Field, ...]

    @property
    def money(self) -> str | None:
        """The column whose sum is the table's yuan in the account."""
        return {"setl_d": "total_amount", "fee_list_d": "amount"}.get(self.source)

    def match(self, header: Iterable[str]) -> dict[str, Field]:
        """Header cell -> field, by national name in any case or by Chinese name."""
        known = {field.source: field for field in self.fields} | {f.name_zh: f for f in self.fields}
        return {cell: known[name] for cell in header if (name := cell.strip().lower()) in known}


@cache
def tables() -> dict[str, Table]:
    """All tables of the national export by their national name."""
    fields: dict[str, list[Field]] = {}
    for row in _rows("national.csv"):
        field = Field(
            row["source_field"],
            row["target_column"],
            row["kind"],
            row["is_required"] == "1",
            row["is_personal"] == "1",
            row["field_zh"],
        )
        fields.setdefault(row["source_table"], []).append(field)
    return {
        row["source_table"]: Table(
            row["source_table"],
            row["target_table"],
            row["table_zh"],
            row["is_required"] == "1",
            tuple(row["key"].split()),
            tuple(fields[row["source_table"]]),
        )
        for row in _rows("tables.csv")
    }


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))
