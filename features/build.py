"""Build the feature tables: one .sql, one table, in the order that the SQL itself asks for."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb

from data.warehouse import guard, journal
from data.warehouse.connection import has, transaction
from data.warehouse.parts import Parts
from data.warehouse.paths import escaped
from features import increment

FOLDER = Path(__file__).parent
MAY_READ = frozenset({"record", "knowledge", "feature"})
#: What stands in for a feature table that a HOME of an earlier version has only after its next run.
BEFORE = {
    "feature.practitioner": """(
        select practitioner_id, max(practitioner_name) as practitioner_name, max(institution_id) as institution_id,
            max(practice_scope_name) as practice_scope_name
        from (
            select practitioner_id, practitioner_name, institution_id, practice_scope_name from record.practitioner
            union all
            select practitioner_id, null, null, null from feature.practitioner_day
        ) as met
        group by practitioner_id
    )"""
}


@dataclass(frozen=True)
class Feature:
    """One feature table: its query, what a row is, and what its columns mean."""

    name: str
    query: guard.Query
    row: str
    columns: dict[str, str]
    is_incremental: bool

    @property
    def needs(self) -> frozenset[str]:
        """The feature tables it reads."""
        return frozenset(t.removeprefix("feature.") for t in self.query.tables if t.startswith("feature."))


@cache
def load(folder: Path = FOLDER) -> dict[str, Feature]:
    """Every feature in build order. Raises SqlRefused naming every broken file at once."""
    features, problems = {}, []
    for path in sorted(folder.glob("*.sql")):
        try:
            features[path.stem] = _read(path)
        except guard.SqlRefused as error:
            problems.append(f"{path.name}: {error}")
    if problems:
        raise guard.SqlRefused("\n".join(problems))
    order = TopologicalSorter({name: f.needs for name, f in features.items()}).static_order()
    return {name: features[name] for name in order}


def build(
    con: duckdb.DuckDBPyConnection,
    of: str,
    say: Callable[[str], None] = lambda _: None,
    facts: str = "",
    rows: Callable[[Feature], str] | None = None,
) -> list[str]:
    """Make the feature tables that changed; `of` identifies the record, `facts` the knowledge.

    A table is built again when its query, a table it reads, the record or the knowledge changed; where only the
    record did, features that allow it compute what the delivery touched. Another engine may make them: `rows` gives
    SQL for what it made of a feature, each time anew. Returns the tables built.
    """
    plan = _plan(of, facts)
    prints = journal.prints(con, "feature.")
    built = [name for name, (fingerprint, _) in plan.items() if prints.get(f"feature.{name}", ("",))[0] != fingerprint]
    parts = Parts(say, "feature tables", [f"feature.{name}" for name in built])
    compared = False
    for name in built:
        feature, before, (fingerprint, logic) = load()[name], prints.get(f"feature.{name}"), plan[name]
        parts.begin(f"feature.{name}")
        same_logic = before is not None and before[1] == logic
        if name == "settlement" and same_logic and rows is None:
            increment.remember(con)
            compared = True
        with transaction(con):
            if rows is not None:
                _make(con, feature, rows(feature))
            elif feature.is_incremental and same_logic and compared:
                increment.compare(con)
                increment.apply(con, f"feature.{name}", feature.query.text)
            else:
                _make(con, feature)
            journal.write(con, f"feature.{name}", fingerprint, logic)
        parts.end()
    con.execute("delete from run.touched_settlement")
    return built


def legible(con: duckdb.DuckDBPyConnection, query: str) -> str:
    """The query as this warehouse can answer it: BEFORE stands in for tables that an earlier version did not make."""
    for table, stand_in in BEFORE.items():
        name = re.compile(rf"{re.escape(table)}\b")
        if name.search(query) and not has(con, table):
            query = name.sub(stand_in, query)
    return query


def lacking(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The feature tables that this version asks for and the warehouse, of an earlier one, has not built."""
    return [name for name in load() if not has(con, f"feature.{name}")]


def fingerprints(of: str, facts: str) -> dict[str, str]:
    """What each feature table is made of: its query, what it reads, the record `of` and the knowledge `facts`."""
    return {name: fingerprint for name, (fingerprint, _) in _plan(of, facts).items()}


def _plan(of: str, facts: str) -> dict[str, tuple[str, str]]:
    """For each feature in build order: the fingerprint of what it is made of, and of its logic alone."""
    plan: dict[str, tuple[str, str]] = {}
    for name, feature in load().items():
        needs = [plan[n] for n in sorted(feature.needs)]
        logic = journal.hash_of([facts, feature.query.text, *(of_need for _, of_need in needs)])
        plan[name] = (journal.hash_of([of, logic, *(of_need for of_need, _ in needs)]), logic)
    return plan


def _make(con: duckdb.DuckDBPyConnection, feature: Feature, rows: str = "") -> None:
    """Make the table of its query, or with its query's types of `rows`, SQL for what another engine made of it."""
    table = f"feature.{feature.name}"
    if rows:
        con.execute(f"create or replace table {table} as from ({feature.query.text}) limit 0")
        con.execute(f"insert into {table} by name {rows}")
    else:
        con.execute(f"create or replace table {table} as {feature.query.text}")
    for column, meaning in feature.columns.items():
        con.execute(f"comment on column {table}.{column} is '{escaped(meaning)}'")


def _read(path: Path) -> Feature:
    text = path.read_text(encoding="utf-8")
    head = re.match(r"(?:--.*\n)+", text)
    if head is None or not head[0].startswith("-- One row: "):
        raise guard.SqlRefused("the first comment must say what a row is: '-- One row: ...'")
    query = guard.check(text, MAY_READ)
    lines = re.sub(r"\n--     ", " ", head[0].rstrip()).splitlines()
    columns: dict[str, str] = {}
    for line in lines[1:]:
        names, _, meaning = line.removeprefix("-- ").partition(": ")
        columns |= {name: meaning for name in re.split(r", | to ", names) if name in query.columns}
    is_incremental = "-- Incremental by: settlement_id" in lines
    return Feature(path.stem, query, lines[0].removeprefix("-- One row: "), columns, is_incremental)
