"""The bench on which a rule's cases run, and how what it finds differs from what they expect."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain, groupby

import duckdb

from data.knowledge import load as knowledge_load
from data.warehouse import confined
from data.warehouse.connection import ddl
from features import build
from models.sources.case_file import Case, Table
from models.sources.judged import STANDARD
from models.sources.source import Source

CODE_TABLES = ("medical_category", "institution_grade", "payment_method", "discharge_way")


@dataclass(frozen=True)
class Outcome:
    """What a rule said about a case: hits with their details, and the reasons it could not judge for."""

    hits: Table
    cannot_judge: list[str]


def empty_warehouse() -> duckdb.DuckDBPyConnection:
    """Every table in memory, empty but for the knowledge that says how services are coded."""
    con = duckdb.connect(config={"threads": 1})
    con.execute(ddl())
    knowledge_load.load(con)
    for (table,) in con.execute("select table_name from duckdb_tables() where schema_name = 'knowledge'").fetchall():
        if table not in CODE_TABLES:
            con.execute(f"delete from knowledge.{table}")
    for name, feature in build.load().items():
        con.execute(f"create table feature.{name} as {feature.query.text}")
    return con


class Bench:
    """An empty warehouse in memory on which cases run, one after the other, without trace."""

    def __init__(self) -> None:
        self.con = empty_warehouse()
        self.columns: dict[str, set[str]] = {}
        for table, column in self.con.execute(
            "select schema_name || '.' || table_name, column_name from duckdb_columns() where not internal"
        ).fetchall():
            self.columns.setdefault(table, set()).add(column)
        self.views = {
            f"{schema}.{view}": set(re.findall(r"\bknowledge\.\w+", sql))
            for schema, view, sql in self.con.execute(
                "select schema_name, view_name, sql from duckdb_views() where schema_name = 'knowledge'"
            ).fetchall()
        }
        self.con.execute("pragma disable_optimizer")  # it takes longer than a case's handful of rows
        confined.prepare(self.con)

    def run(self, source: Source, case: Case) -> Outcome:
        """Judge one case; the bench is afterwards as it was."""
        with confined.restored(self.con):
            return self._tried(source, case)

    def _tried(self, source: Source, case: Case) -> Outcome:
        self.con.execute("begin")
        try:
            for table, rows in case.tables.items():
                self._fill(table, rows)
            feeding = {table for table, rows in case.tables.items() if rows or table.startswith("feature.")}
            read = _read_by(source)
            if not feeding <= {f"feature.{name}" for name in read}:
                self._derive(_with_needs(read), set(case.tables))
            else:
                self._derive(_following(read, set(case.tables)), set(case.tables))
            source.judge(self.con, {**source.params, **case.params})
            return self._outcome()
        finally:
            self.con.execute("rollback")

    def _fill(self, table: str, rows: Table) -> None:
        """Raises ValueError for a table or a column that there is none of: both are written by hand."""
        if table not in self.columns:
            raise ValueError(f"there is no table {table}")
        self.con.execute(f"delete from {table}")
        if unknown := sorted({name for row in rows for name in row} - self.columns[table]):
            raise ValueError(f"{table} has no column {', '.join(repr(c) for c in unknown)}")
        filled = [{name: value for name, value in row.items() if value != ""} for row in rows]
        for names, alike in groupby(filled, key=tuple):
            values = [list(row.values()) for row in alike]
            marks = ", ".join([f"({', '.join('?' * len(names))})"] * len(values))
            columns = ", ".join(f'"{name}"' for name in names)
            self.con.execute(f"insert into {table} ({columns}) values {marks}", list(chain.from_iterable(values)))

    def _derive(self, wanted: set[str], given: set[str]) -> None:
        """Make the wanted features again, but for those all of whose tables are as they were on the empty bench."""
        changed = set(given)
        for name, feature in build.load().items():
            table = f"feature.{name}"
            if name not in wanted or table in given or not changed & self._tables(feature):
                continue
            before = self.con.execute(f"delete from {table}").fetchall()
            after = self.con.execute(f"insert into {table} by name {feature.query.text}").fetchall()
            if before != [(0,)] or after != [(0,)]:
                changed.add(table)

    def _tables(self, feature: build.Feature) -> set[str]:
        """The tables a feature reads, and those behind its views."""
        return set(feature.query.tables).union(*(self.views.get(table, ()) for table in feature.query.tables))

    def _outcome(self) -> Outcome:
        rows = self.con.execute("select * from judged where outcome = 'hit'")
        names = [d[0] for d in rows.description or []]
        hits = []
        for values in rows.fetchall():
            row = dict(zip(names, values, strict=True))
            detail = row.pop("detail") or "{}"
            flat = self.con.execute("select unnest(json_keys($d)) as k", {"d": detail}).fetchall()
            for (key,) in flat:
                value = self.con.execute(
                    "select json_extract_string($d, $p)", {"d": detail, "p": f'$."{key}"'}
                ).fetchall()[0][0]
                row[key] = value
            hits.append({k: "" if v is None else str(v) for k, v in row.items()})
        reasons = self.con.execute(
            "select distinct reason from judged where outcome = 'cannot_judge' order by 1"
        ).fetchall()
        return Outcome(hits, [r for (r,) in reasons])


def _read_by(source: Source) -> set[str]:
    """The feature tables that a rule reads: its query, and what its card makes the rule base read for it."""
    named = set(re.findall(r"feature\.(\w+)", source.code))
    return named | {name for schema, _, name in (table.partition(".") for table in source.reads) if schema == "feature"}


def _with_needs(names: set[str]) -> set[str]:
    features, wanted = build.load(), set(names)
    for name in reversed(features):
        if name in wanted:
            wanted |= features[name].needs
    return wanted


def _following(names: set[str], given: set[str]) -> set[str]:
    """Those of the features that are made of given ones and of nothing else."""
    read = {name: {t for t in build.load()[name].query.tables if not t.startswith("knowledge.")} for name in names}
    return {name for name, tables in read.items() if tables and tables <= given}


def differences(case: Case, outcome: Outcome) -> str:
    """Empty when the outcome is what the case expects, else both sides as text."""
    columns = list(case.finds[0]) if case.finds else [c for c in STANDARD if c not in ("outcome", "reason")]
    wanted = sorted(_plain(r, columns) for r in case.finds or [])
    found = sorted(_plain(r, columns) for r in outcome.hits)
    said = []
    if wanted != found:
        said.append(f"expected {columns}\n" + _lines(wanted) + "\nfound\n" + _lines(found))
    if sorted(case.cannot_judge) != sorted(outcome.cannot_judge):
        said.append(f"expected cannot judge {case.cannot_judge}, found {outcome.cannot_judge}")
    return "\n".join(said)


def _plain(row: dict[str, str], columns: list[str]) -> tuple[str, ...]:
    return tuple(_number(row.get(c, "")) for c in columns)


def _number(text: str) -> str:
    return format(float(text), "g") if re.fullmatch(r"-?\d{1,12}(\.\d+)?", text) else text


def _lines(rows: list[tuple[str, ...]]) -> str:
    return "\n".join("  " + " | ".join(row) for row in rows) or "  nothing"
