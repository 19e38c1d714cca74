"""The bench on which a rule's cases run, and how what it finds differs from what they expect."""

from __future__ import annotations

import re
from dataclasses import dataclass

import duckdb

from data.knowledge import load as knowledge_load
from data.warehouse import confined
from data.warehouse.connection import ddl
from features import build
from models.sources.case_file import Case, Table
from models.sources.judged import STANDARD
from models.sources.source import Source

CODE_TABLES = ("medical_category", "institution_grade")


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
            if not feeding <= {f"feature.{name}" for name in _read_by(source)}:
                self._derive(source, set(case.tables))
            source.judge(self.con, {**source.params, **case.params})
            return self._outcome()
        finally:
            self.con.execute("rollback")

    def _fill(self, table: str, rows: Table) -> None:
        """Raises ValueError for a table or a column that there is none of: both are written by hand."""
        if table not in self.columns:
            raise ValueError(f"there is no table {table}")
        self.con.execute(f"delete from {table}")
        for row in rows:
            given = {k: v for k, v in row.items() if v != ""}
            if unknown := sorted(set(row) - self.columns[table]):
                raise ValueError(f"{table} has no column {', '.join(repr(c) for c in unknown)}")
            names, marks = ", ".join(f'"{name}"' for name in given), ", ".join("?" * len(given))
            filled = f"({names}) values ({marks})" if given else "default values"
            self.con.execute(f"insert into {table} {filled}", list(given.values()))

    def _derive(self, source: Source, given: set[str]) -> None:
        wanted = _read_by(source)
        features = build.load()
        for name in reversed(features):
            if name in wanted:
                wanted |= features[name].needs
        for name, feature in features.items():
            if name in wanted and f"feature.{name}" not in given:
                self.con.execute(f"delete from feature.{name}")
                self.con.execute(f"insert into feature.{name} by name {feature.query.text}")

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
