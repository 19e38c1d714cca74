"""The law that cards cite by id: every unit of knowledge.legal_basis as it is shipped, and what a card must name.

A card names duty and penalty. Which of them held on the day of an act, and for whom, `in_force` says by period.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from data.knowledge.load import FOLDER, tables

if TYPE_CHECKING:
    from models.sources.source import Source

TABLE = FOLDER / "legal_basis.csv"
IN_FORCE = Path(__file__).with_name("in_force.sql")


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


def in_force(con: duckdb.DuckDBPyConnection, sources: Collection[Source]) -> None:
    """Make the temporary tables `law_unit` and `law_clause`: what a source rests on, by kind of subject and period."""
    cited_law = [(s.id, unit) for s in sources for unit in s.card.law]
    con.execute(
        "create or replace temp table cited_law as select unnest($source) as source, unnest($id) as id",
        {"source": [source for source, _ in cited_law], "id": [unit for _, unit in cited_law]},
    )
    con.execute(
        "create or replace temp table other_basis as select unnest($source) as source, unnest($basis) as basis",
        {"source": [s.id for s in sources], "basis": ["；".join(s.card.basis) for s in sources]},
    )
    con.execute(IN_FORCE.read_text(encoding="utf-8").format(units=table_of(con, "legal_basis")))


def table_of(con: duckdb.DuckDBPyConnection, name: str) -> str:
    """SQL of a knowledge table; of a HOME of an earlier version, opened to be read only, the table as it is shipped."""
    query = "select count(*) from duckdb_tables() where schema_name = 'knowledge' and table_name = $name"
    is_there = con.execute(query, {"name": name}).fetchall()[0][0]
    if is_there and con.sql(f"select count(*) from knowledge.{name}").fetchall()[0][0]:
        return f"knowledge.{name}"
    path = str(FOLDER / f"{name}.csv").replace("'", "''")
    days = [f"cast({c} as date) as {c}" for c in tables()[name][0] if c.startswith("valid_")]
    typed = f"* replace ({', '.join(days)})" if days else "*"
    return f"(select {typed} from read_csv('{path}', header = true, nullstr = ''))"
