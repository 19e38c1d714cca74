"""A place to try rules on loaded data: the warehouse read-only, findings in a second database in memory.

Rules run on it through models.source.run, as in a run of the pipeline: record, knowledge, feature and casebook are
views of the warehouse, model.finding and model.coverage are its own, the last run's are warehouse.model.*.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from data.errors import FundwatchError, UsageError
from data.warehouse import confined
from data.warehouse.connection import open_warehouse
from models.sources import source as sources
from models.sources.source import Source
from models.workbench import located

SHOWN_SCHEMAS = ("record", "knowledge", "feature", "casebook")
OWN_TABLES = ("finding", "group_member", "coverage", "source_judges")


@contextmanager
def bench(home: Path, *, memory_limit: str = "", threads: int = 0) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the bench of a HOME. Raises UsageError if nothing is there to try a rule on."""
    with open_warehouse(home, memory_limit=memory_limit, threads=threads, read_only=True) as con:
        tables = con.execute(
            """
            select schema_name, table_name from duckdb_tables() where database_name = 'warehouse'
            union all
            select schema_name, view_name from duckdb_views() where database_name = 'warehouse' and not internal
            """
        ).fetchall()
        if ("feature", "settlement") not in tables:
            raise UsageError(f"{home} has no feature tables yet. Run `fundwatch features` first.")
        con.execute("attach ':memory:' as bench (read_write)")
        for schema in (*SHOWN_SCHEMAS, "model"):
            con.execute(f"create schema bench.{schema}")
        for schema, table in tables:
            if schema in SHOWN_SCHEMAS:
                con.execute(f"create view bench.{schema}.{table} as from warehouse.{schema}.{table}")
        for table in OWN_TABLES:
            con.execute(f"create table bench.model.{table} as from warehouse.model.{table} limit 0")
        con.execute("use bench")
        confined.seal(con)
        yield con


def judge(con: duckdb.DuckDBPyConnection, source: Source, name: str = "", seconds: float = 0) -> None:
    """Fill the bench's model.finding and model.coverage with one rule's. Raises UsageError where its query fails."""
    located.bind(con, source, name)
    try:
        sources.run(con, source, "", seconds)
    except duckdb.Error as error:
        raise FundwatchError(f"{name or source.id} stopped: {str(error).splitlines()[0]}") from error
    lacking = con.execute(
        "select reason from model.coverage where source = $id and judged = 0 and reason like 'needs %'",
        {"id": source.id},
    ).fetchall()
    if lacking:
        raise UsageError(f"{name or source.id} cannot judge this data: it {lacking[0][0]}.")
