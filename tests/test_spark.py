"""Every feature and every rule on both engines: the same tables in, equal rows out.

The record is a made-up town and, beside it, the tables of all rules' cases, each case's ids its own.
"""

import shutil
from collections import defaultdict
from importlib.util import find_spec
from pathlib import Path

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from data.ingest import ingest
from data.knowledge import load as knowledge_load
from data.simulate import simulate
from data.warehouse import guard
from data.warehouse.connection import ddl
from features import build
from models import artefacts
from models.sources import case_file, cases, rule
from models.sources import spark as on_spark
from models.sources.source import KEYS, run

CASES = Path(__file__).with_name("models") / "rules"
LACKING = [
    *(["pyspark is not installed (extra spark)"] if find_spec("pyspark") is None else []),
    *(["there is no Java"] if shutil.which("java") is None else []),
]
if LACKING:
    pytest.skip(" and ".join(LACKING), allow_module_level=True)

pytestmark = pytest.mark.spark
RULES = {r.id: r for r in rule.load()}
#: What cannot be a rule's usual case where all cases share one record: codes are usual in no month of it.
LOOSENED = {"trace_code_missing": {"usual_missing": 1.0, "min_lines": 5}}
#: One core, nothing listens beyond loopback, and little compilation: the queries are many and the tables small.
SESSION = on_spark.SETTINGS | {
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.session.timeZone": "Asia/Shanghai",
}


@pytest.fixture(scope="module")
def given():
    """Table -> rows of all cases, each case's ids made its own by a suffix.

    Knowledge has no such ids: it is that of the cases that find something, and where two state a fact differently,
    the first one's.
    """
    tables, stated = defaultdict(list), {}
    for number, (_, case) in enumerate(case_file.all_cases(CASES)):
        for table, rows in case.tables.items():
            schema, _, name = table.partition(".")
            for row in rows:
                if schema != "knowledge":
                    tables[table].append({k: f"{v}~{number}" if v and k.endswith("_id") else v for k, v in row.items()})
                elif case.finds:
                    key = (name, *(row.get(k, "") for k in knowledge_load.tables()[name][1]))
                    if stated.setdefault(key, number) == number:
                        tables[table].append(row)
    return tables


def fill(con, table, rows):
    columns = sorted({column for row in rows for column in row})
    text = pl.DataFrame(
        {c: [row.get(c) or None for row in rows] for c in columns}, schema=dict.fromkeys(columns, pl.String)
    )
    con.register("text", text.to_arrow())
    con.execute(f"insert into {table} by name select * from text")
    con.unregister("text")


@pytest.fixture(scope="module")
def engines(given, tmp_path_factory):
    """DuckDB and Spark with the same record and knowledge, and the features that each made of them.

    The feature rows that cases state join a table on both as soon as it is built: later tables are made of them too.
    """
    home = tmp_path_factory.mktemp("spark")
    with duckdb.connect() as con:
        load(con, given, home / "town")
        spark = session(home)
        on_spark.copy(con, spark, home / "copy", ("record", "knowledge"))

        def follow(table):
            con.execute(f"create table {table} as {build.load()[table.removeprefix('feature.')].query.text}")
            if table in given:
                state(con, spark, table, given[table], home / f"{table}.parquet")

        on_spark.build_features(spark, follow)
        yield con, spark
        spark.stop()


def load(con, given, town):
    """The record and the knowledge: a town, and what the cases state."""
    town.mkdir()
    simulate(town, persons=200, seed=7)
    con.execute(ddl())
    knowledge_load.load(con)
    ingest(con, town)
    for table, rows in given.items():
        if table.startswith("knowledge.") and table.removeprefix("knowledge.") not in cases.CODE_TABLES:
            con.execute(f"delete from {table}")
        if not table.startswith("feature."):
            fill(con, table, rows)
    # an edition that ended before the town's year: without one feature.edition_gap would be empty, and prove nothing
    con.execute(
        "insert into knowledge.item_institution_level by name select min(item_code) as item_code, 3 as min_level,"
        " 12 as official, 'made' as basis, 'nation' as layer, date '2020-01-01' as valid_from,"
        " date '2020-12-31' as valid_to from record.fee_line where starts_with(item_code, 'X')"
    )


def state(con, spark, table, rows, path):
    """Put the rows that cases state in the place of those made of the same cases' record, on both engines."""
    ids = [c for c in con.sql(f"from {table}").columns if c in KEYS]
    numbers = {row[c].partition("~")[2] for row in rows for c in ids if row.get(c)}
    marks = ", ".join(f"'{number}'" for number in sorted(numbers))
    stated = f"coalesce(split_part(coalesce({', '.join(ids)}), '~', 2), '') in ({marks})"
    con.execute(f"delete from {table} where {stated}")
    con.execute(f"create or replace temp table stated as from {table} limit 0")
    fill(con, "stated", rows)
    con.execute(f"insert into {table} from stated")
    con.sql("from stated").write_parquet(str(path))
    spark.sql(f"create table feature.kept using parquet as select * from {table} where not {stated}")
    spark.sql(f"drop table {table}")
    spark.sql(f"alter table feature.kept rename to {table}")
    spark.read.parquet(str(path)).write.insertInto(table)


def session(home):
    from pyspark.sql import SparkSession

    maker = SparkSession.builder.master("local[1]").appName("fundwatch")
    for key, value in {**SESSION, "spark.sql.warehouse.dir": str(home / "tables")}.items():
        maker = maker.config(key, value)
    spark = maker.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def rows(frame):
    return pl.from_arrow(frame.toArrow())


def plain(frame):
    """Integers of one width, decimals of one scale, sorted by what is exact before what is not."""
    kinds = frame.schema
    whole = [c for c, k in kinds.items() if k.is_integer() or (k.is_decimal() and k.scale == 0)]
    exact = [c for c, k in kinds.items() if k.is_decimal() and k.scale > 0]
    rough = [c for c, k in kinds.items() if k.is_float()]
    stamps = [c for c, k in kinds.items() if isinstance(k, pl.Datetime)]
    same = frame.with_columns(
        pl.col(whole).cast(pl.Int64),
        pl.col(exact).cast(pl.Decimal(38, 6)),
        pl.col(stamps).cast(pl.Datetime("us")),
    )
    order = [*(pl.col(c) for c in frame.columns if c not in rough), *(pl.col(c).round(6) for c in rough)]
    return same.sort(order, nulls_last=True)


def equal(duck, spark):
    assert_frame_equal(plain(spark), plain(duck), check_exact=False, rel_tol=1e-9, abs_tol=1e-9)


@pytest.mark.parametrize("name", build.load())
def test_feature(engines, name):
    con, spark = engines
    duck = con.sql(f"from feature.{name}").pl()
    equal(duck, rows(spark.table(f"feature.{name}")))
    assert duck.height, "an empty table proves nothing"


@pytest.mark.parametrize("name", RULES)
def test_rule(engines, name):
    """With the parameters of a case that finds something: the usual ones ask for more than a few rows."""
    con, spark = engines
    source = RULES[name]
    stated = LOOSENED.get(name) or next(
        (c.params for c in case_file.read(CASES / f"{name}.md") if c.finds and c.params), {}
    )
    params = {**source.params, **stated}
    duck = con.sql(rule.counted(rule.query(source.code)), params=params).pl()
    equal(duck, rows(on_spark.judged(spark, source, params)))
    assert (duck["outcome"] == "hit").any(), "no hit"


@pytest.fixture(scope="module")
def findings(engines, tmp_path_factory):
    """Both engines with what the rules found."""
    con, spark = engines
    for source in RULES.values():
        run(con, source, "spark")
    on_spark.copy(con, spark, tmp_path_factory.mktemp("findings"), ("model",))
    return con, spark


@pytest.mark.parametrize("kind", artefacts.load())
def test_artefacts_run(findings, kind):
    """They run and agree; no case's finding is an artefact, so that both sides are empty here."""
    con, spark = findings
    text = artefacts.load()[kind].text
    equal(con.sql(text).pl(), rows(spark.sql(guard.to_spark(text))))
