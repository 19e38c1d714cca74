"""The warehouse that feature tests put their few rows into."""

import shutil

import duckdb
import pytest

from data import knowledge_load
from data.warehouse import SCHEMA
from features import build


@pytest.fixture(scope="session")
def _known_warehouse(tmp_path_factory):
    """File of a warehouse with the knowledge, every feature table and no record; making it costs more than a test."""
    path = tmp_path_factory.mktemp("known") / "warehouse.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute(SCHEMA.read_text(encoding="utf-8"))
        knowledge_load.load(con)
        for name, feature in build.load().items():
            con.execute(f"create table feature.{name} as {feature.query.text}")
    return path


@pytest.fixture
def con(_known_warehouse, tmp_path):
    path = tmp_path / "warehouse.duckdb"
    shutil.copy(_known_warehouse, path)
    with duckdb.connect(str(path)) as con:
        yield con
