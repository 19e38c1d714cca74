"""The line of a mapping file that would make a column known, as far as names alone can tell."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from data.contract.mapping import UNIT, Names, Table, tidy, updated

#: Names less alike than this are not proposed.
ALIKE = 0.6
#: A required field is missed more than one that may be left out.
NEEDED = 0.1


@dataclass(frozen=True)
class Proposal:
    """An unknown column and the missing field that it may be."""

    table: str
    cell: str
    field: str
    name_zh: str

    @property
    def line(self) -> str:
        """The line of HOME/mappings/*.csv under its header table,name,field."""
        cell = f'"{self.cell.replace(chr(34), chr(34) * 2)}"' if set(self.cell) & set(',"') else self.cell
        return f"{self.table},{cell},{self.field}"


def unknown(table: Table, header: Iterable[str], names: Names) -> list[str]:
    """The named columns that no field of the table is known by."""
    return [
        cell
        for cell in header
        if cell.strip()
        and not cell.startswith("column_")
        and names.field(table.source, cell) is None
        and updated([cell]) is None
    ]


def proposals(table: Table, header: Collection[str], names: Names) -> list[Proposal]:
    """For each unknown column the missing field whose names are most like it; each field once, the surest first.

    Names alone decide: a person has to say whether it is so, and nothing is read by a proposal.
    """
    have = {field.source for field in names.match(table, header).values()}
    lacking = {f.source: f for f in table.fields if f.source not in have}
    called = {source: {tidy(source), tidy(f.name_zh)} for source, f in lacking.items()}
    for (of_table, name), source in names.of_field.items():
        if of_table == table.source and source in called:
            called[source].add(tidy(name))
    order = {f.source: place for place, f in enumerate(table.fields)}
    required = set(table.lacks(have))
    scored = sorted(
        (
            (-_likeness(cell, words) - NEEDED * (source in required), order[source], cell)
            for cell in unknown(table, header, names)
            for source, words in called.items()
        )
    )
    chosen: dict[str, str] = {}
    for score, place, cell in scored:
        source = table.fields[place].source
        if -score - NEEDED * (source in required) >= ALIKE and cell not in chosen and source not in chosen.values():
            chosen[cell] = source
    return [
        Proposal(table.source, cell, chosen[cell], lacking[chosen[cell]].name_zh) for cell in header if cell in chosen
    ]


def _likeness(cell: str, words: Collection[str]) -> float:
    plain = UNIT.sub("", tidy(cell))
    return max(difflib.SequenceMatcher(None, plain, word, autojunk=False).ratio() for word in words)
