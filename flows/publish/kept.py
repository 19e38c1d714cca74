"""Figures of the last published run that need the warehouse, kept beside it as Parquet for those who read while a run
holds it. No person is in them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from data.errors import InUse
from data.warehouse import paths
from data.warehouse.connection import has, open_warehouse
from models.outlook import ask

FOLDER = "kept"
#: What `prices` and `rule coverage` read; they are as many rows as there are drugs at places, or rules.
TABLES = (
    "feature.drug_price",
    "feature.drug_product",
    "feature.institution",
    "record.price_limit",
    "record.procurement_drug",
    "model.coverage",
)


def keep(con: duckdb.DuckDBPyConnection, home: Path, run_id: str) -> None:
    """Keep the figures of this run in place of an earlier one's."""
    folder = home / FOLDER / run_id
    if folder.is_dir():
        return
    aside = folder.with_name(f".{run_id}.part")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True, mode=0o700)
    for table in TABLES:
        if has(con, table):
            con.sql(f"from {table}").write_parquet(str(aside / f"{table}.parquet"))
    if all(has(con, f"feature.{name}") for name in ask.FUND_NEEDS):
        con.register("fund_months", ask.fund_months(con))
        con.sql("from fund_months").write_parquet(str(aside / f"{ask.KEPT_MONTHS}.parquet"))
        con.unregister("fund_months")
    aside.rename(folder)
    for other in (home / FOLDER).iterdir():
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)


@contextmanager
def reading(home: Path) -> Iterator[tuple[duckdb.DuckDBPyConnection, str | None]]:
    """The warehouse to read and None; while another process holds it, what was kept and the run it is of.

    Raises InUse where nothing was kept.
    """
    try:
        opened = open_warehouse(home, read_only=True)
        con = opened.__enter__()
    except InUse:
        folder = next(iter((home / FOLDER).glob("[!.]*")), None)
        if folder is None:
            raise
        with duckdb.connect() as kept:
            for path in sorted(folder.glob("*.parquet")):
                schema = path.stem.partition(".")[0]
                kept.execute(f"create schema if not exists {schema}")
                kept.execute(f"create view {path.stem} as from read_parquet('{paths.quoted(path.resolve())}')")
            yield kept, folder.name
        return
    try:
        yield con, None
    finally:
        opened.__exit__(None, None, None)
