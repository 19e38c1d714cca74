"""Which clauses held on the day of an act, and for whom: temporary tables that evidence, pages and answers read."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

import duckdb

from data.knowledge.load import FOLDER, tables
from data.warehouse.connection import has
from data.warehouse.paths import quoted
from models.sources.source import Source

READ = re.compile(r"\b(from|join)(\s+)knowledge\.(\w+)")


def make(con: duckdb.DuckDBPyConnection, sources: Collection[Source]) -> None:
    """Make `law_unit` and `law_clause`: what a source rests on, by kind of subject and period of law."""
    cited_law = [(s.id, unit) for s in sources for unit in s.card.law]
    con.execute(
        "create or replace temp table cited_law as select unnest($source) as source, unnest($id) as id",
        {"source": [source for source, _ in cited_law], "id": [unit for _, unit in cited_law]},
    )
    con.execute(
        "create or replace temp table other_basis as select unnest($source) as source, unnest($basis) as basis",
        {"source": [s.id for s in sources], "basis": ["；".join(s.card.basis) for s in sources]},
    )
    for name in ("law_unit", "law_clause"):
        con.execute(f"create or replace temp table {name} as {query(con, name)}")


def query(con: duckdb.DuckDBPyConnection, name: str) -> str:
    """The text of flows/publish/<name>.sql.

    Of a HOME of an earlier version, opened to be read only, it reads the knowledge it lacks as it is shipped.
    """
    text = Path(__file__).with_name(f"{name}.sql").read_text(encoding="utf-8")
    return READ.sub(lambda m: f"{m[1]}{m[2]}{_table(con, m[3])}", text)


def _table(con: duckdb.DuckDBPyConnection, name: str) -> str:
    if has(con, f"knowledge.{name}") and con.execute(f"select count(*) from knowledge.{name}").fetchall()[0][0]:
        return f"knowledge.{name}"
    file, columns = FOLDER / f"{name}.csv", tables()[name][0]
    path, header = quoted(file), file.read_text(encoding="utf-8-sig").partition("\n")[0].strip().split(",")
    days = [f"cast({c} as date) as {c}" for c in columns if c.startswith("valid_")]
    typed = f"* replace ({', '.join(days)})" if days else "*"
    # what only areas say is in no file that ships
    typed += "".join(f", cast(null as varchar) as {c}" for c in columns if c not in header)
    return f"(select {typed} from read_csv('{path}', header = true, nullstr = ''))"
