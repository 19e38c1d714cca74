"""Build the feature tables: one .sql, one table, in the order that the SQL itself asks for."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb

from data import sql

FOLDER = Path(__file__).parent
MAY_READ = frozenset({"record", "knowledge", "feature"})


@dataclass(frozen=True)
class Feature:
    """One feature table: its query, what a row is, and what its columns mean."""

    name: str
    query: sql.Query
    row: str
    columns: dict[str, str]

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
        except sql.SqlRefused as error:
            problems.append(f"{path.name}: {error}")
    if problems:
        raise sql.SqlRefused("\n".join(problems))
    order = TopologicalSorter({name: f.needs for name, f in features.items()}).static_order()
    return {name: features[name] for name in order}


def build(con: duckdb.DuckDBPyConnection, of: str, say: Callable[[str], None] = lambda _: None) -> list[str]:
    """Make the feature tables that changed; `of` identifies the record and the knowledge.

    A table is built again when its query, a table it reads, or `of` changed. Returns the tables built.
    """
    built: list[str] = []
    prints: dict[str, str] = {}
    known = dict(con.sql("select step, fingerprint from run.step where step like 'feature.%'").fetchall())
    for name, feature in load().items():
        said = [of, feature.query.text, *(prints[n] for n in sorted(feature.needs))]
        prints[name] = hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]
        if known.get(f"feature.{name}") == prints[name]:
            continue
        _make(con, feature, prints[name])
        built.append(name)
        say(f"feature.{name}")
    return built


def _make(con: duckdb.DuckDBPyConnection, feature: Feature, fingerprint: str) -> None:
    table = f"feature.{feature.name}"
    con.execute("begin")
    try:
        con.execute(f"create or replace table {table} as {feature.query.text}")
        for column, meaning in feature.columns.items():
            con.execute(f"""comment on column {table}.{column} is '{meaning.replace("'", "''")}'""")
        con.execute("delete from run.step where step = $step", {"step": table})
        con.execute(
            "insert into run.step values ($step, $fingerprint, now(), null, null)",
            {"step": table, "fingerprint": fingerprint},
        )
    except BaseException:
        con.execute("rollback")
        raise
    con.execute("commit")


def _read(path: Path) -> Feature:
    text = path.read_text(encoding="utf-8")
    head = re.match(r"(?:--.*\n)+", text)
    if head is None or not head[0].startswith("-- One row: "):
        raise sql.SqlRefused("the first comment must say what a row is: '-- One row: ...'")
    query = sql.check(text, MAY_READ)
    lines = re.sub(r"\n--     ", " ", head[0].rstrip()).splitlines()
    columns: dict[str, str] = {}
    for line in lines[1:]:
        names, _, meaning = line.removeprefix("-- ").partition(": ")
        columns |= {name: meaning for name in re.split(r", | to ", names) if name in query.columns}
    return Feature(path.stem, query, lines[0].removeprefix("-- One row: "), columns)
