"""A file that people hand in to the casebook, as texts under our column names and then as typed values.

Each kind of file has a list of its columns (`<name>_columns.csv`: column, kind, names), all words offices use for them.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from data.contract import mapping
from data.errors import InputRefused
from data.ingest import small, typed_texts, workplace
from data.ingest.unpack import READABLE, parts
from data.warehouse.connection import transaction
from data.warehouse.events import stamp

if TYPE_CHECKING:
    import duckdb

FOLDER = Path(__file__).parent
#: What people and spreadsheets leave around a cell.
AROUND = " \t\r\n\u3000\u00a0'\ufeff"


@dataclass(frozen=True)
class Sheet:
    """The rows of a file: texts (null where empty) by our column names, row_number from 1; unknown header cells."""

    name: str
    rows: pl.DataFrame
    ignored: tuple[str, ...]
    given: frozenset[str]  # our columns that its header names


@cache
def columns(listing: str) -> dict[str, str]:
    """Our column -> kind of value, of one kind of file."""
    return {row["column"]: row["kind"] for row in _listed(listing)}


@cache
def label(listing: str, column: str) -> str:
    """What a person calls the column: the first Chinese name it goes by, else its own."""
    names = next(row["names"].split() for row in _listed(listing) if row["column"] == column)
    return next((name for name in names if not name.isascii()), column)


def read(path: Path, listing: str, is_one: Callable[[Collection[str]], bool], wanted: str) -> Sheet:
    """The first table of the file whose header `is_one` of this kind.

    Raises InputRefused for a file that is not there, is no table, or is none of this kind: `wanted` says what it lacks.
    """
    if not path.is_file():
        raise InputRefused(f"{path} does not exist. Give the file that holds it.")
    if not path.name.lower().endswith(READABLE):
        raise InputRefused(f"{path.name} is neither CSV nor xlsx. Save it as one of them.")
    with workplace(None) as work:
        for part in parts(path, path.name, work):
            if part.is_hidden:
                continue
            header, below = small.headed(small.rows(part), lambda cell: _name(listing, cell) is not None)
            known: dict[str, str] = {}
            for cell in header:
                name = _name(listing, cell)
                if name is not None and name not in known.values():
                    known[cell] = name
            if is_one(set(known.values())):
                table = pl.DataFrame(below, schema=dict.fromkeys(header, pl.String), orient="row")
                return _sheet(part.name, table, known, listing)
    raise InputRefused(f"{path.name} {wanted}")


def _sheet(name: str, table: pl.DataFrame, known: dict[str, str], listing: str) -> Sheet:
    rows = table.with_row_index("row_number", offset=1).with_columns(pl.col("row_number").cast(pl.Int64))
    texts = rows.select(pl.col(list(known)).name.map(lambda cell: known[cell]))
    texts = texts.select(pl.all().str.strip_chars(AROUND).replace("", None))
    lacking = [pl.lit(None, pl.String).alias(c) for c in columns(listing) if c not in known.values()]
    texts = texts.with_columns(*lacking, rows["row_number"]).select("row_number", *columns(listing))
    texts = texts.filter(pl.any_horizontal(pl.exclude("row_number").is_not_null()))
    if not texts.height:
        raise InputRefused(f"{name} has a header and no rows.")
    return Sheet(name, texts, tuple(c for c in table.columns if c not in known), frozenset(known.values()))


def typed(con: duckdb.DuckDBPyConnection, sheet: Sheet, listing: str, table: str) -> None:
    """Temporary `table`: row_number, the typed values, and `fault`: the first text that is none, in a sentence."""

    def sentence(column: str, kind: str, raw: str, reason: str) -> str:
        named = label(listing, column).replace("'", "''")
        return f"'{named} is ''' || left({raw}, 40) || ''': ' || ({reason})"

    con.register("sheet_frame", sheet.rows)
    con.execute(
        f"create or replace temp table {table} as {typed_texts.query(columns(listing), 'sheet_frame', sentence)}"
    )
    con.unregister("sheet_frame")


@cache
def _names(listing: str) -> dict[str, str]:
    return {name: row["column"] for row in _listed(listing) for name in row["names"].split()}


def _name(listing: str, cell: str) -> str | None:
    names = _names(listing)
    bare = cell.strip().strip("\ufeff'").lower()
    unlabelled = bare.split("（")[0].split("(")[0].strip()  # 申诉金额（元）
    return names.get(bare) or names.get(mapping.tidy(cell)) or names.get(unlabelled)


def _listed(listing: str) -> list[dict[str, str]]:
    with (FOLDER / f"{listing}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def append(con: duckdb.DuckDBPyConnection, table: str, rows: pl.DataFrame, witness: Callable[[], None]) -> int:
    """Append the rows of a file to a table of the casebook as one event, all or nothing; returns how many.

    When `witness`, which writes the audit log's line, fails nothing is appended.
    """
    if not rows.height:
        return 0
    con.register("handed_frame", rows)
    try:
        with transaction(con):
            event = stamp(con)
            con.execute(
                f"insert into {table} by name"
                " select *, $number as event_number, $at as made_at from handed_frame order by row_number",
                {"number": event.number, "at": event.at},
            )
            witness()
    finally:
        con.unregister("handed_frame")
    return rows.height
