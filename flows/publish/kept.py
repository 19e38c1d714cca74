"""What the last published run knows that its folder does not say in both languages or not at all, kept beside it as
Parquet for those who read while a run holds the warehouse. No person is in it.

`burden` is not answered from here: every row of it is a person, of whom most are on no list, and the line is asked
anew each time. While a run is on it says who has the warehouse.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import polars as pl

from data.errors import InUse
from data.warehouse import paths
from data.warehouse.connection import frame, has, open_warehouse
from flows.language import LANGUAGES
from flows.publish import watchlists
from models.outlook import ask

FOLDER = "kept"
#: What `prices` and `rule coverage` read, and the law that `explain` cites; they are as many rows as there are drugs at
#: places, rules, or clauses.
TABLES = (
    "feature.drug_price",
    "feature.drug_product",
    "feature.institution",
    "record.price_limit",
    "record.procurement_drug",
    "model.coverage",
    "knowledge.legal_basis",
)
#: What a list says in words or marks, by lead: the subject's own columns stand in the published file alone.
WORDED = ("region", "tier", "status", "control_arm", "rules", "reasons", "peer_group")


def keep(con: duckdb.DuckDBPyConnection, home: Path, run_id: str) -> None:
    """Keep the figures of this run in place of an earlier one's."""
    folder = home / FOLDER / run_id
    if folder.is_dir() and all((folder / f"{_table(language)}.parquet").is_file() for language in LANGUAGES):
        return  # an earlier version kept no lists
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
    for language in LANGUAGES:
        _words(con, run_id, language).write_parquet(aside / f"{_table(language)}.parquet")
    shutil.rmtree(folder, ignore_errors=True)
    aside.rename(folder)
    for other in (home / FOLDER).iterdir():
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)


def _table(language: str) -> str:
    return f"kept.lead_{language}"


def _words(con: duckdb.DuckDBPyConnection, run_id: str, language: str) -> pl.DataFrame:
    """lead_id, WORDED and, of groups, how many they are."""
    lists = watchlists.lists(con, run_id, language=language, unmask=False)
    how_many = pl.when(subject_type="group").then("subject_name").alias("group_name")
    return pl.concat([rows.select("lead_id", *WORDED, how_many) for rows in lists.values()])


def words(con: duckdb.DuckDBPyConnection, language: str) -> pl.DataFrame | None:
    """What the lists say in the language; None where an earlier version kept nothing of it."""
    return frame(con, f"from {_table(language)}") if has(con, _table(language)) else None


@contextmanager
def of_run(home: Path, run_id: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """What was kept of a run, as views; empty where nothing was."""
    with duckdb.connect() as con:
        for path in sorted((home / FOLDER / run_id).glob("*.parquet")):
            schema = path.stem.partition(".")[0]
            con.execute(f"create schema if not exists {schema}")
            con.execute(f"create view {path.stem} as from read_parquet('{paths.quoted(path.resolve())}')")
        yield con


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
        with of_run(home, folder.name) as kept:
            yield kept, folder.name
        return
    try:
        yield con, None
    finally:
        opened.__exit__(None, None, None)
