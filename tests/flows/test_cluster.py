"""`run --engine spark`: the same run, made by another engine; and what is said where there is none."""

import csv
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from data.errors import UsageError
from data.warehouse.connection import open_warehouse
from flows import cluster
from models.sources import spark as on_spark

LACKING = find_spec("pyspark") is None or shutil.which("java") is None
#: Many queries over small tables: little is worth compiling.
DEFAULTS = """
spark.master local[2]
spark.driver.extraJavaOptions -XX:TieredStopAtLevel=1 -XX:+UseSerialGC
spark.driver.bindAddress 127.0.0.1
spark.driver.host 127.0.0.1
spark.ui.enabled false
spark.sql.adaptive.enabled false
spark.sql.catalogImplementation in-memory
spark.sql.codegen.factoryMode NO_CODEGEN
spark.sql.codegen.wholeStage false
spark.sql.shuffle.partitions 1
spark.log.level ERROR
"""


def ask(tmp_path, *words, **environ):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("FUNDWATCH_", "SPARK_"))}
    command = [sys.executable, "-m", "flows.cli", *map(str, words)]
    return subprocess.run(
        command, env=kept | environ, capture_output=True, text=True, cwd=tmp_path, timeout=570, check=False
    )


def files(run):
    """Every file of a run's folder, the seconds each source took aside."""
    texts = {p.relative_to(run): p.read_bytes() for p in sorted(run.rglob("*")) if p.is_file()}
    with (run / "coverage.csv").open(encoding="utf-8-sig", newline="") as handle:
        texts[Path("coverage.csv")] = [row[:-1] for row in csv.reader(handle)]
    return texts


@pytest.mark.spark
@pytest.mark.skipif(LACKING, reason="pyspark is not installed, or there is no Java")
@pytest.mark.slow
def test_a_run_on_spark_is_the_run_to_the_byte(tmp_path, few, hamlet):
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "spark-defaults.conf").write_text(DEFAULTS)
    homes = {"duckdb": few(tmp_path / "duckdb"), "spark": few(tmp_path / "省 [一]")}
    runs = {}
    for engine, home in homes.items():
        done = ask(
            tmp_path, "run", hamlet, "--home", home, "--engine", engine, "--quiet",
            SPARK_CONF_DIR=str(tmp_path / "conf"),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        (runs[engine],) = (home / "runs").iterdir()
    assert runs["spark"].name == runs["duckdb"].name
    made = {engine: files(run) for engine, run in runs.items()}
    assert made["spark"].keys() == made["duckdb"].keys() and len(made["spark"]) > 20
    assert [name for name, text in made["spark"].items() if text != made["duckdb"][name]] == []


def test_only_months_that_changed_are_written_again(tmp_path, finished):
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(finished[0].home / "warehouse.duckdb", home)
    with open_warehouse(home) as con:
        on_spark.write(con, tmp_path / "lake", ("record",))
        lines = tmp_path / "lake" / "record" / "fee_line"
        before = {p: p.stat().st_mtime_ns for p in sorted(lines.glob("*/all.parquet"))}
        (month,) = con.execute("select min(strftime(charged_at, '%Y-%m')) from record.fee_line").fetchall()[0]
        con.execute(f"update record.fee_line set amount = amount + 1 where strftime(charged_at, '%Y-%m') = '{month}'")
        last = max(before).parent.name
        con.execute(f"delete from record.fee_line where strftime(charged_at, '%Y-%m') = '{last}'")
        on_spark.write(con, tmp_path / "lake", ("record",))
        after = {p: p.stat().st_mtime_ns for p in sorted(lines.glob("*/all.parquet"))}
        assert {p.parent.name for p in before if before[p] != after.get(p)} == {month, last}
        assert last not in {p.parent.name for p in after}
        rows = con.execute(f"select count(*) from read_parquet('{lines}/*/all.parquet')").fetchall()
        assert rows == con.execute("select count(*) from record.fee_line").fetchall()


def test_without_pyspark_it_is_said_before_anything_is_read(tmp_path, call, hamlet, monkeypatch):
    monkeypatch.setattr(cluster, "find_spec", lambda name: None)
    code, _, err = call("run", hamlet, "--home", tmp_path / "home", "--engine", "spark")
    assert code == 2 and "pip install 'fundwatch[spark]'" in err
    code, _, err = call("run", hamlet, "--home", tmp_path / "home", "--engine", "flink")
    assert code == 2 and "duckdb or spark" in err


@pytest.mark.parametrize(
    ("environ", "defaults", "named"),
    [
        ({}, None, ""),
        ({}, "", ""),
        ({}, "# spark.master yarn\nspark.driver.memory 8g\n", ""),
        ({}, "spark.master=yarn\n", "yarn"),
        ({"SPARK_REMOTE": "sc://h:1"}, "spark.master yarn\n", "sc://h:1"),
        ({"PYSPARK_GATEWAY_PORT": "5"}, None, "spark-submit"),
    ],
)
def test_who_names_no_spark_stays_on_loopback(tmp_path, monkeypatch, environ, defaults, named):
    for name in ("SPARK_REMOTE", "PYSPARK_GATEWAY_PORT", "MASTER", "SPARK_CONF_DIR", "SPARK_HOME"):
        monkeypatch.delenv(name, raising=False)
    if defaults is not None:
        (tmp_path / "spark-defaults.conf").write_text(defaults)
        monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert cluster._named() == named
    assert ("spark.driver.memory" in cluster._defaults()) == ("8g" in (defaults or ""))


@pytest.mark.parametrize("address", ["sc://127.0.0.1:1", "sc://127.0.0.1:1/;use_ssl=true", "spark://127.0.0.1:1"])
def test_where_nothing_answers_it_is_said_at_once(tmp_path, call, hamlet, monkeypatch, address):
    monkeypatch.setattr(cluster, "find_spec", lambda name: object())
    monkeypatch.setenv("SPARK_REMOTE", address)
    code, _, err = call("run", hamlet, "--home", tmp_path / "home", "--engine", "spark")
    assert code == 1 and f"Spark is to be at {address}, and nothing answers there" in err


def test_a_database_of_somebody_else_is_not_touched(tmp_path):
    asked = []

    class Catalog:
        databaseExists = staticmethod(lambda name: True)  # noqa: N815
        getDatabase = staticmethod(lambda name: type("Database", (), {"description": "ours"}))  # noqa: N815

    session = type("Session", (), {"catalog": Catalog, "sql": staticmethod(asked.append)})
    with pytest.raises(UsageError, match="has a database 'record' that is not fundwatch's"):
        cluster._own(session, "record", tmp_path)
    assert asked == []
