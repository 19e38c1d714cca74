"""check.csv: what each check found in the record that the lists were made from; checks/: the rows against each."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import polars as pl

from data.checks import checking
from data.warehouse.connection import frame
from flows.publish.labels import labelled
from flows.publish.safe import write_csv

#: The folder in a run's own.
FOLDER = "checks"
#: A spreadsheet has 1,048,576 lines, one of them the header.
MOST_ROWS = 1_048_575


def results(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """One row a check, what fails first; `share` is rows / of, `example` the first rows or why none was judged."""
    return frame(
        con,
        """
        select check_name as "check", level, what, what_zh, offending as "rows", judged as "of", share, state, example
        from run.check_result
        order by case state when 'stop' then 0 when 'warn' then 1 when 'not_applicable' then 2 else 3 end,
            level = 'note', check_name
        """,
    )


def write_rows(con: duckdb.DuckDBPyConnection, folder: Path, labels: str = "names") -> dict[str, int]:
    """<check>.csv with the keys of every row against it, in key order; no file for a check that has none.

    Returns the rows by file. What a spreadsheet cannot open is left out; check.csv has the count of all.
    """
    counted = dict(con.execute("select check_name, offending from run.check_result where offending > 0").fetchall())
    rows = {}
    for test in checking.load():
        if test.name not in counted:
            continue
        folder.mkdir(exist_ok=True)
        against = frame(con, f"select * from ({test.query.text}) as against order by all limit {MOST_ROWS}")
        shown = labelled(against, labels, "example")
        write_csv(shown, folder / f"{test.name}.csv", ids=shown.columns)
        rows[f"{test.name}.csv"] = against.height
    return rows


def renew_rows(con: duckdb.DuckDBPyConnection, folder: Path) -> Path | None:
    """The same in place of what the folder held; the folder, or None where no row is against a check."""
    aside = folder.with_name(folder.name + ".part")
    shutil.rmtree(aside, ignore_errors=True)
    written = write_rows(con, aside)
    shutil.rmtree(folder, ignore_errors=True)
    if not written:
        return None
    aside.rename(folder)
    return folder
