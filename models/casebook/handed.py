"""A small file that a person hands in, as typed rows under our column names; each row with its fault, if it has one.

Which headers mean which column stands in a table beside the code: column, kind of value, the names it goes by.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb
import polars as pl

from data.contract import mapping
from data.errors import InputRefused
from data.ingest import typed_texts, workplace
from data.ingest.unpack import READABLE, parts
from data.warehouse.connection import frame, transaction
from data.warehouse.events import stamp
from data.warehouse.paths import escaped
from models.casebook.words import EDGES

FOLDER = Path(__file__).parent
#: What a cell that names nothing holds in files that people fill in.
BLANK = " \t\r\n\u3000\u00a0'\ufeff"
#: What to write instead, by kind of value.
WRITE = {
    "date": "write the day as 2025-12-31",
    "money": "write a plain number of yuan",
    "count": "write a whole number",
}


@dataclass(frozen=True)
class Form:
    """What a kind of file holds: its table of columns, and the sets of columns of which one must be there."""

    name: str
    what: str  # what the file is, for the sentence that refuses one
    needs: Sequence[Collection[str]]
    refusal: str = ""  # what a file of another kind lacks, where a list of columns would not say it plainly


@dataclass(frozen=True)
class Handed:
    """A file's rows: row_number (below the header, from 1), the form's columns as texts, unknown header cells, and what
    the file calls the columns it has."""

    name: str
    file_hash: str
    texts: pl.DataFrame
    ignored: tuple[str, ...]
    headers: tuple[str, ...]
    called: Mapping[str, str]

    def typed(self, con: duckdb.DuckDBPyConnection, form: Form) -> pl.DataFrame:
        """The rows with typed values and `fault`: the field, what was seen, what to do; null where all is well."""
        with self.lent(con):
            return frame(con, self._typing(form))

    def typed_into(self, con: duckdb.DuckDBPyConnection, form: Form, table: str) -> None:
        """The same as a temporary table."""
        with self.lent(con):
            con.execute(f"create or replace temp table {table} as {self._typing(form)}")

    def _typing(self, form: Form) -> str:
        """The query of handed_frame's typed values and faults; a fault names the field as the file does."""

        def sentence(column: str, kind: str, raw: str, reason: str) -> str:
            called = escaped(self.called.get(column) or label(form.name, column))
            todo = WRITE.get(kind, "write it as the platform does")
            return f"'{called} is ''' || left({raw}, 40) || ''', ' || ({reason}) || '; {todo}'"

        return typed_texts.query(columns(form.name), "handed_frame", sentence)

    @contextmanager
    def lent(self, con: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """Inside the block handed_frame is a table: the texts."""
        con.register("handed_frame", self.texts)
        try:
            yield
        finally:
            con.unregister("handed_frame")


@dataclass(frozen=True)
class Planned:
    """What a file would do, before anything is written: `rows` with state (new, known, blank, refused) and why."""

    name: str
    rows: pl.DataFrame
    ignored: tuple[str, ...]

    def of(self, state: str) -> pl.DataFrame:
        """The rows of a state."""
        return self.rows.filter(pl.col("state") == state)

    def tally(self, *states: str) -> dict[str, int]:
        """How many rows are of each."""
        return {state: self.of(state).height for state in states}


def read(path: Path, form: Form) -> Handed:
    """The rows of the first sheet or file that fits. Raises InputRefused when there is none, with what it lacks."""
    if not path.is_file():
        raise InputRefused(f"{path} does not exist. Give the file that holds {form.what}.")
    if not path.name.lower().endswith(READABLE):
        raise InputRefused(f"{path.name} is neither CSV nor xlsx. Save {form.what} as one of them.")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    with workplace(None) as work:
        for part in parts(path, path.name, work):
            if not part.is_hidden and (handed := _handed(part, form, digest)) is not None:
                if not handed.texts.height:
                    raise InputRefused(f"{handed.name} has a header and no rows. Fill it in, or give another file.")
                return handed
    if form.refusal:
        raise InputRefused(f"{path.name} {form.refusal}")
    lacking = "; ".join(" / ".join(f"{c} ({label(form.name, c)})" for c in sorted(any_of)) for any_of in form.needs)
    raise InputRefused(f"{path.name} does not hold {form.what}: it needs a column {lacking}.")


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


@cache
def columns(form: str) -> dict[str, str]:
    """Our column -> kind of value."""
    return {row["column"]: row["kind"] for row in _listed(form)}


def plain(text: str) -> str:
    """SQL: a text without blanks at either end; nothing is null."""
    return f"nullif(regexp_replace({text}, '{EDGES}', '', 'g'), '')"


def refused(rows: pl.DataFrame, name: str) -> list[str]:
    """One sentence a refused row (row_number, why): which row of which file, and why."""
    return [f"{name} row {number}: {why}." for number, why in rows.select("row_number", "why").iter_rows()]


def _handed(part: object, form: Form, digest: str) -> Handed | None:
    from data.ingest import small

    header, rows = small.headed(small.rows(part), lambda cell: _name(form.name, cell) is not None)  # type: ignore[arg-type]
    named: dict[str, str] = {}
    for cell in header:
        column = _name(form.name, cell)
        if column is not None and column not in named.values():
            named[cell] = column
    if any(not set(any_of) & set(named.values()) for any_of in form.needs):
        return None
    table = pl.DataFrame(rows, schema=dict.fromkeys(header, pl.String), orient="row")
    numbered = table.with_row_index("row_number", offset=1).with_columns(pl.col("row_number").cast(pl.Int64))
    blank: Callable[[pl.Expr], pl.Expr] = lambda cell: cell.str.strip_chars(BLANK).replace("", None)  # noqa: E731
    texts = numbered.select("row_number", *(blank(pl.col(cell)).alias(column) for cell, column in named.items()))
    lacking = [pl.lit(None, pl.String).alias(c) for c in columns(form.name) if c not in named.values()]
    texts = texts.with_columns(*lacking).select("row_number", *columns(form.name))
    texts = texts.filter(pl.any_horizontal(pl.exclude("row_number").is_not_null()))
    unknown = tuple(c for c in header if c not in named)
    called = {column: cell.strip() for cell, column in named.items()}
    return Handed(part.name, digest, texts, unknown, tuple(header), called)  # type: ignore[attr-defined]


def _name(form: str, cell: str) -> str | None:
    names = _names(form)
    plain_cell = mapping.tidy(cell)
    return names.get(plain_cell) or names.get(mapping.UNIT.sub("", plain_cell))


@cache
def _names(form: str) -> dict[str, str]:
    return {mapping.tidy(name): row["column"] for row in _listed(form) for name in row["names"].split()}


@cache
def label(form: str, column: str) -> str:
    """What a person calls the column: the first Chinese name it goes by, else its own."""
    names = next(row["names"].split() for row in _listed(form) if row["column"] == column)
    return next((name for name in names if not name.isascii()), column)


@cache
def _listed(form: str) -> list[dict[str, str]]:
    with (FOLDER / f"{form}_columns.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))
