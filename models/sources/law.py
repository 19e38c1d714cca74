"""The law that cards cite by id: every unit of knowledge.legal_basis as it is shipped, and what a card must name.

A card names duty and penalty. Which of them held on the day of an act, and for whom, flows/publish/in_force.py says.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache

from data.knowledge.load import FOLDER

TABLE = FOLDER / "legal_basis.csv"


@dataclass(frozen=True)
class Unit:
    """One citation unit. `quotation` is empty where the text is not at hand whole."""

    id: str
    law: str
    citation: str
    role: str
    binds: str
    quotation: str
    penalised_by: frozenset[str]

    def cited(self) -> str:
        """As a list cites it: an item in its own words, any other unit by its number."""
        words = f"“{self.quotation}”" if self.quotation and self.citation.endswith("项") else ""
        return f"{self.law}{self.citation}{words}"


@cache
def units() -> dict[str, Unit]:
    """Every unit by id."""
    with TABLE.open(encoding="utf-8", newline="") as handle:
        return {
            row["id"]: Unit(
                row["id"],
                row["law"],
                row["citation"],
                row["role"],
                row["binds"],
                row["quotation"],
                frozenset(row["penalised_by"].split()),
            )
            for row in csv.DictReader(handle)
        }


def wrong(named: Collection[str]) -> str | None:
    """What is wrong with a card's `law`, in words: an id that does not exist, a duty without the clause that
    punishes its breach."""
    if unknown := sorted(set(named) - set(units())):
        return f"law names {', '.join(unknown)}, which knowledge.legal_basis does not have"
    for unit in (units()[name] for name in named):
        if unit.penalised_by and unit.penalised_by.isdisjoint(named):
            return f"law names the duty {unit.id} without a clause that punishes its breach"
    return None


def cited(named: Iterable[str], others: Iterable[str]) -> str:
    """All of a card's clauses in one line, whatever the day: the law by its units, then the other grounds."""
    return "；".join([*(units()[name].cited() for name in named), *others])
