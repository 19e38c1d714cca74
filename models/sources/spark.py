"""The same features and rules on Spark, for a record too large for one machine (extra `spark`, Java 17).

A session that keeps SETTINGS needs the tables of the schemas `record` and `knowledge` in its catalog, by our names;
`copy` brings those of a warehouse. pyspark is imported by whoever makes the session.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from data.warehouse import guard
from features import build
from models.sources import rule
from models.sources.source import Params, Source

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

#: What both engines' rows were seen to be equal under, in any time zone of the session.
SETTINGS = {"spark.sql.ansi.enabled": "true"}

#: How Spark calls the column types of a warehouse, where the name differs.
TYPES = {"VARCHAR": "string", "TIMESTAMP": "timestamp_ntz"}


def copy(con: duckdb.DuckDBPyConnection, spark: SparkSession, folder: Path, schemas: Collection[str]) -> None:
    """Show a warehouse's schemas to Spark, through Parquet files under `folder`."""
    columns: dict[tuple[str, str], list[str]] = {}
    for schema, table, column, kind in con.execute(
        "select schema_name, table_name, column_name, data_type from duckdb_columns() where not internal"
        " order by schema_name, table_name, column_index"
    ).fetchall():
        if schema in schemas:
            columns.setdefault((schema, table), []).append(f"`{column}` {TYPES.get(kind, kind)}")
    for schema in schemas:
        spark.sql(f"create database if not exists {schema}")
        (folder / schema).mkdir(parents=True, exist_ok=True)
    for (schema, table), declared in columns.items():
        path = folder / schema / f"{table}.parquet"
        con.sql(f"from {schema}.{table}").write_parquet(str(path))
        spark.sql(f"drop table if exists {schema}.{table}")
        spark.sql(f"create table {schema}.{table} ({', '.join(declared)}) using parquet location '{path.as_uri()}'")


def build_features(spark: SparkSession, say: Callable[[str], None] = lambda _: None) -> None:
    """Make every feature table anew, in build order; `say` hears of each when it is there."""
    spark.sql("create database if not exists feature")
    for name, feature in build.load().items():
        rows = spark.sql(guard.to_spark(feature.query.text))
        rows.write.mode("overwrite").saveAsTable(f"feature.{name}")
        say(f"feature.{name}")


def judged(spark: SparkSession, source: Source, params: Params | None = None) -> DataFrame:
    """What a rule says, as rule.counted has it: hits and what it cannot judge row by row, the clear as one number."""
    return spark.sql(guard.to_spark(rule.counted(rule.query(source.code))), args=dict(params or source.params))
