"""`--engine spark`: features and rules on a Spark session of the user's own settings, over a lake of Parquet in HOME.

What comes in is read, checked and kept by DuckDB as ever; the lake has the record by month, the knowledge and the
features. What Spark makes goes back into the warehouse, where detectors, ranking and lists find it. The lake must lie
where the session's workers can read and write it.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from data.errors import FundwatchError, UsageError
from data.warehouse.paths import escaped, literal
from features import build
from flows.home.settings import Settings
from flows.home.state import State
from models.sources import areas, rule
from models.sources import spark as on_spark
from models.sources.source import Params, Source

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

FOLDER, MARK = "lake", "_made_of"
FROM_DUCKDB = ("record", "knowledge")
#: Spark's own file of settings, in SPARK_CONF_DIR or in SPARK_HOME/conf.
DEFAULTS = "spark-defaults.conf"
#: How addresses begin, where Spark listens by itself, and the seconds it has to answer.
CONNECT, PORTS, PATIENCE = "sc://", {"sc": 15002, "spark": 7077}, 10
#: What a user's settings may leave open where they name no other Spark: this machine, and nobody else may knock.
ALONE = {
    "spark.master": "local[*]",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.driver.maxResultSize": "0",
    "spark.sql.shuffle.partitions": str(2 * (os.cpu_count() or 1)),
}
#: A 1,024th of each unit of memory, in Spark's letters.
MIB = {"K": "b", "M": "k", "G": "m", "T": "g"}
#: Databases of the session's catalog that we make; others of these names are not touched.
OURS = "fundwatch"


def ready(settings: Settings) -> None:
    """Look whether Spark can be asked at all, where the settings ask for it, before anything is read.

    Raises UsageError without its packages, FundwatchError where nothing answers at the address that is named.
    """
    if settings.engine != "spark":
        return
    if find_spec("pyspark") is None:
        raise UsageError("--engine spark needs pyspark. Install it: pip install 'fundwatch[spark]'.")
    named = _named()
    if named.startswith(CONNECT) and find_spec("grpc") is None:
        raise UsageError(f"{named} is Spark Connect, which needs more of pyspark: pip install 'pyspark[connect]'.")
    place = re.match(r"(sc|spark)://([^:/,;]+)(?::([0-9]+))?", named)
    if place is None:
        return
    try:
        socket.create_connection((place[2], int(place[3] or PORTS[place[1]])), PATIENCE).close()
    except OSError as error:
        raise FundwatchError(
            f"Spark is to be at {named}, and nothing answers there ({error.strerror or error}). Start it, or use"
            " --engine duckdb."
        ) from error


def of(state: State) -> Cluster | None:
    """Spark, where the settings ask for it."""
    is_asked = state.settings.engine == "spark"
    return Cluster(state.settings, state.con, state.record, state.features) if is_asked else None


class Cluster:
    """Spark at work on one HOME. It starts when it is first needed.

    `record` is what the record and the knowledge are made of, `features` what each feature is: the lake holds them
    under these marks, and what has its mark is not written again.
    """

    def __init__(
        self, settings: Settings, con: duckdb.DuckDBPyConnection, record: str, features: Mapping[str, str]
    ) -> None:
        self.lake = settings.home / FOLDER
        self._memory = _memory(settings.memory_limit)
        self._con, self._record, self._features = con, record, features
        self._shown: set[str] = set()

    @cached_property
    def spark(self) -> SparkSession:
        """The session, with record and knowledge in its catalog."""
        session = _session(self.lake, self._memory)
        for schema in ("record", "knowledge", "feature"):
            _own(session, schema, self.lake / "spark" / schema)
        for (schema, table), declared in on_spark.declared_in(self._con, FROM_DUCKDB).items():
            on_spark.show(session, f"{schema}.{table}", declared, self.lake / schema / table)
        return session

    def fill(self) -> None:
        """Write into the lake what it lacks of record and knowledge. The warehouse must not be sealed."""
        self.lake.mkdir(mode=0o700, exist_ok=True)
        if not _is_of(self.lake, self._record):
            on_spark.write(self._con, self.lake, FROM_DUCKDB)
            _mark(self.lake, self._record)

    def fill_features(self) -> None:
        """Write into the lake the features that DuckDB made."""
        for name, made_of in self._features.items():
            place = self._place(name)
            if not _is_of(place, made_of):
                shutil.rmtree(place, ignore_errors=True)
                place.mkdir(parents=True)
                self._con.sql(_narrow(self._con, name)).write_parquet(str(place / "all.parquet"))
                _mark(place, made_of)

    def rows(self, feature: build.Feature) -> str:
        """Make a feature on Spark, in the lake; SQL for what came of it."""
        place = self._place(feature.name)
        for name in sorted(feature.needs):
            self._show(name)
        with _explained(f"feature.{feature.name}"):
            on_spark.made(self.spark, feature).write.mode("overwrite").parquet(on_spark.address(place))
        _mark(place, self._features[feature.name])
        return f"select * from read_parquet('{escaped(literal(place))}/*.parquet')"

    def judging(self, source: Source) -> Source:
        """A rule of the package, answered by Spark; any other source, and one judged by area, as it was."""
        if source.kind != "rule" or source.is_own or source.areas or areas.knowing(self._con, source.reads):
            return source
        query = rule.query(source.code)

        def fill(con: duckdb.DuckDBPyConnection, values: Params) -> None:
            for table in sorted(query.tables):
                self._show(table.removeprefix("feature."))
            # in the types that DuckDB gives the query, so that a detail reads alike on both
            con.execute(f"create or replace temp table answered as from ({rule.counted(query)}) limit 0", dict(values))
            with _explained(source.id):
                answer = on_spark.judged(self.spark, source, values).toArrow()
            con.register("spark_answer", answer)
            con.execute("insert into answered by name select * from spark_answer")
            con.unregister("spark_answer")
            con.execute(rule.wrapped(query, "answered"))
            con.execute("drop table answered")
            rule.settle(con, source.card, query, values)

        return replace(source, fill=fill)

    def _place(self, name: str) -> Path:
        return self.lake / "feature" / name

    def _show(self, name: str) -> None:
        """Have a feature in the session's catalog."""
        if name in self._shown or name not in self._features:
            return
        on_spark.show(self.spark, f"feature.{name}", "", self._place(name))
        self._shown.add(name)


def _narrow(con: duckdb.DuckDBPyConnection, name: str) -> str:
    """SQL of a feature's rows: a sum of whole numbers is wider in DuckDB than any whole number of Parquet's."""
    wide = [c for c, kind, *_ in con.execute(f"describe feature.{name}").fetchall() if kind == "HUGEINT"]
    cast = ", ".join(f'cast("{c}" as bigint) as "{c}"' for c in wide)
    return f"select *{f' replace ({cast})' if cast else ''} from feature.{name}"


def _is_of(place: Path, made_of: str) -> bool:
    mark = place / MARK
    return mark.is_file() and mark.read_text(encoding="ascii") == made_of


def _mark(place: Path, made_of: str) -> None:
    (place / MARK).write_text(made_of, encoding="ascii")


@contextmanager
def _explained(what: str) -> Iterator[None]:
    """What Spark says no to, in one sentence. Raises FundwatchError."""
    try:
        yield
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in ("pyspark", "py4j"):
            raise
        causes = [line for line in str(error).splitlines() if line.startswith("Caused by: ")] or str(error).splitlines()
        why = causes[-1].removeprefix("Caused by: ")[:200].rstrip(".") if causes else type(error).__name__
        raise FundwatchError(
            f"Spark failed at {what}: {why}. What was finished stays; give the session more memory or partitions and"
            " run again, or use --engine duckdb."
        ) from error


def _memory(limit: str) -> str:
    """The memory of the engine as Spark writes it; of a share of the machine, 4 GB."""
    amount = re.fullmatch(r"\s*([0-9.]+) ?([KMGT])i?B\s*", limit, re.IGNORECASE)
    return f"{max(1, int(float(amount[1]) * 1024))}{MIB[amount[2].upper()]}" if amount else "4g"


def _session(lake: Path, memory: str) -> SparkSession:
    """The session of the user's own configuration. Raises FundwatchError where Spark does not start."""
    from pyspark.sql import SparkSession

    settings, defaults, named = dict(on_spark.SETTINGS), _defaults(), _named()
    if not named:
        alone = ALONE | {"spark.driver.memory": memory, "spark.sql.warehouse.dir": on_spark.address(lake / "spark")}
        settings |= {key: value for key, value in alone.items() if key not in defaults}
    maker = SparkSession.builder.appName("fundwatch")
    for key, value in settings.items():
        maker = maker.config(key, value)
    try:
        session = maker.getOrCreate()
        session.sql("select 1").collect()
    except Exception as error:  # Java's, the network's and Spark's own kinds
        why = re.sub(r"^\[\w+\] ", "", " ".join(str(error).split()))[:200].rstrip(".")
        where = f" at {named}" if named else ""
        raise FundwatchError(
            f"Spark cannot be started{where}: {why}. It needs Java 17, or a Spark that answers; --engine duckdb does"
            " without."
        ) from error
    return session


def _named() -> str:
    """The Spark that the user's own configuration names, by its address; empty where none does."""
    defaults = _defaults()
    if os.environ.get("PYSPARK_GATEWAY_PORT"):  # begun by spark-submit, which has connected already
        return "spark-submit"
    addresses = (os.environ.get("SPARK_REMOTE"), defaults.get("spark.remote"), os.environ.get("MASTER"))
    return next(filter(None, addresses), defaults.get("spark.master", ""))


def _defaults() -> dict[str, str]:
    """The settings of the user's file."""
    homes = (os.environ.get("SPARK_CONF_DIR"), os.environ.get("SPARK_HOME") and f"{os.environ['SPARK_HOME']}/conf")
    folder = next(filter(None, homes), "")
    file = Path(folder, DEFAULTS)
    if not folder or not file.is_file():
        return {}
    pairs = re.findall(r"^[ \t]*(spark[\w.]*)[ \t=:]+(.*?)[ \t]*$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return dict(pairs)


def _own(session: SparkSession, schema: str, place: Path) -> None:
    """Make a database of the catalog. Raises UsageError where somebody else has one of that name."""
    if session.catalog.databaseExists(schema):
        if session.catalog.getDatabase(schema).description != OURS:
            raise UsageError(
                f"The Spark catalog has a database '{schema}' that is not fundwatch's. Give it a catalog of its own,"
                " such as spark.sql.catalogImplementation=in-memory."
            )
        return
    session.sql(f"create database {schema} comment '{OURS}' location '{escaped(on_spark.address(place))}'")
