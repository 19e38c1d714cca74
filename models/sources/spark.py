"""The same features and rules on Spark, for a record too large for one machine (extra `spark`, Java 17).

A session that keeps SETTINGS needs the tables of the schemas `record` and `knowledge` in its catalog, by our names;
`copy` brings those of a warehouse. pyspark is imported by whoever makes the session.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from data.warehouse import guard
from data.warehouse.paths import escaped
from features import build
from models.sources import rule
from models.sources.source import Params, Source

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

#: What both engines' rows were seen to be equal under, in any time zone of the session.
SETTINGS = {"spark.sql.ansi.enabled": "true"}

#: How Spark calls the column types of a warehouse, where the name differs.
TYPES = {"VARCHAR": "string", "TIMESTAMP": "timestamp_ntz"}

#: The large tables, and the column by whose month their files are.
MONTHS = {
    ("record", "settlement"): "settled_at",
    ("record", "encounter"): "started_at",
    ("record", "fee_line"): "charged_at",
}


def copy(con: duckdb.DuckDBPyConnection, spark: SparkSession, folder: Path, schemas: Collection[str]) -> None:
    """Show a warehouse's schemas to Spark, through Parquet files under `folder`."""
    for schema in schemas:
        spark.sql(f"create database if not exists {schema}")
    write(con, folder, schemas)
    for (schema, table), declared in declared_in(con, schemas).items():
        show(spark, f"{schema}.{table}", declared, folder / schema / table)


def write(con: duckdb.DuckDBPyConnection, folder: Path, schemas: Collection[str]) -> None:
    """Write a warehouse's tables as Parquet, a folder each; of MONTHS those months that are not what they were."""
    for schema, table in declared_in(con, schemas):
        place = folder / schema / table
        if (schema, table) in MONTHS:
            _by_month(con, f"{schema}.{table}", MONTHS[schema, table], place)
        else:
            place.mkdir(parents=True, exist_ok=True)
            con.sql(f"from {schema}.{table}").write_parquet(str(place / "all.parquet"))


def declared_in(con: duckdb.DuckDBPyConnection, schemas: Collection[str]) -> dict[tuple[str, str], str]:
    """Schema and table of a warehouse -> its columns as Spark declares them."""
    columns: dict[tuple[str, str], list[str]] = {}
    for schema, table, column, kind in con.execute(
        "select schema_name, table_name, column_name, data_type from duckdb_columns() where not internal"
        " order by schema_name, table_name, column_index"
    ).fetchall():
        if schema in schemas:
            columns.setdefault((schema, table), []).append(f"`{column}` {TYPES.get(kind, kind)}")
    return {name: ", ".join(declared) for name, declared in columns.items()}


def show(spark: SparkSession, table: str, declared: str, place: Path) -> None:
    """Name the Parquet files under a folder as a table of Spark's catalog; undeclared it has the files' own types."""
    spark.sql(f"drop table if exists {table}")
    spark.sql(
        f"create table {table} {f'({declared})' if declared else ''} using parquet"
        # brackets in a folder's name are no pattern
        f" options (recursiveFileLookup 'true', __globPaths__ 'false') location '{escaped(address(place))}'"
    )


def address(place: Path) -> str:
    """A folder as Spark is told it: by its scheme, so that a cluster's own store is not meant, and not encoded."""
    return f"file://{place.absolute()}"


def _by_month(con: duckdb.DuckDBPyConnection, table: str, day: str, place: Path) -> None:
    """Write a table's months, those whose rows are not what they were; months that are gone are taken away."""
    place.mkdir(parents=True, exist_ok=True)
    noted = place / "_months.json"
    before = json.loads(noted.read_text()) if noted.exists() else {}
    month = f"coalesce(strftime({day}, '%Y-%m'), 'none')"
    rows = con.execute(f"select {month}, count(*), bit_xor(hash(t)) from {table} as t group by 1").fetchall()
    now = {name: f"{count} {digest}" for name, count, digest in rows}
    for name in sorted(now):
        file = place / name / "all.parquet"
        if before.get(name) != now[name] or not file.exists():
            file.parent.mkdir(exist_ok=True)
            con.sql(f"from {table} where {month} = '{name}'").write_parquet(str(file))
    for name in set(before) - set(now):
        shutil.rmtree(place / name, ignore_errors=True)
    noted.write_text(json.dumps(now, sort_keys=True))


def build_features(spark: SparkSession, say: Callable[[str], None] = lambda _: None) -> None:
    """Make every feature table anew, in build order; `say` hears of each when it is there."""
    spark.sql("create database if not exists feature")
    for name, feature in build.load().items():
        made(spark, feature).write.mode("overwrite").saveAsTable(f"feature.{name}")
        say(f"feature.{name}")


def made(spark: SparkSession, feature: build.Feature) -> DataFrame:
    """The rows of a feature, of the tables that the session knows."""
    return spark.sql(guard.to_spark(feature.query.text))


def judged(spark: SparkSession, source: Source, params: Params | None = None) -> DataFrame:
    """What a rule says, as rule.counted has it: hits and what it cannot judge row by row, the clear as one number."""
    return spark.sql(guard.to_spark(rule.counted(rule.query(source.code))), args=dict(params or source.params))
