"""The warehouse that feature tests put their few rows into: it knows what the package knows."""

import shutil

import duckdb
import pytest

from data.knowledge import load as knowledge_load


@pytest.fixture(scope="session")
def empty_warehouse(empty_warehouse, tmp_path_factory):
    path = tmp_path_factory.mktemp("known") / "warehouse.duckdb"
    with duckdb.connect(str(shutil.copy(empty_warehouse, path))) as con:
        knowledge_load.load(con)
    return path
