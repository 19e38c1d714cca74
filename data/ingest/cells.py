"""One delivered content's cells as text, and its rows counted apart from the reader.

A plain text is read where it stands, typed in the same pass; its cells are put into a table of texts only where some
of them have to be looked at again. Whatever else is delivered goes by way of that table.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NoReturn

import duckdb

from data.errors import InputRefused
from data.ingest import decode, normalise, rewrite, survey, unpack
from data.ingest.delivery import Delivery
from data.ingest.heading import Heading
from data.warehouse import paths
from data.warehouse.connection import has
from data.warehouse.paths import escaped

#: The delivered cells as text, each with row_place, from 0: only a numbered read keeps the order of the file.
TEXTS = "stage_text"
LOST_LINES, LOST_SCANS = "stage_lost_lines", "stage_lost_scans"
#: What database programs print for no value, in any column.
NULLS = ("", "NULL", "null", "\\N", "(null)", "(NULL)", "<null>", "<NULL>", "[NULL]", "[null]", "None", "NaN", "nan")

#: Empty lines of a text, with how many rows stand before them: a spreadsheet counts them too.
BLANKS = "stage_blank"
#: What the engine says of a disk that takes no more.
OF_THE_MACHINE = re.compile(r"no space left|could not write|quota exceeded|failed to offload", re.IGNORECASE)

#: A line that could not be split: data row, its text.
Lost = tuple[int, str]


@dataclass
class Cells:
    """Where a content's cells are read from, its rows as counted, lines that could not be split, what there is to say.

    `is_file`: the cells are read from the delivered file itself, and TEXTS is not filled yet. `odd`: what of survey.ODD
    they may hold.
    """

    delivery: Delivery
    counted: int
    lost: list[Lost] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    is_file: bool = False
    odd: frozenset[str] = survey.ODD

    @property
    def source(self) -> str:
        """SQL of the cells."""
        return scan(self.delivery) if self.is_file else TEXTS

    def first(self, con: duckdb.DuckDBPyConnection, columns: str, rows: int) -> list[tuple[str | None, ...]]:
        """Some columns of the first rows."""
        if not self.is_file:
            return con.execute(f"select {columns} from {TEXTS} where row_place < {rows}").fetchall()
        return con.execute(f"select {columns} from {scan(self.delivery, keeps_rejects=False)} limit {rows}").fetchall()

    def fill(self, con: duckdb.DuckDBPyConnection) -> None:
        """Put the cells of a file into TEXTS, to be looked at again."""
        if self.is_file:
            _fill(con, self.delivery)
            self.is_file = False


def open_cells(con: duckdb.DuckDBPyConnection, delivery: Delivery, work: Path, lost: Collection[str] = ()) -> Cells:
    """The cells of a content as text; `lost`: kinds of lines that a read of the file itself could not split."""
    con.execute(f"create or replace temp table {BLANKS} (before bigint, lines bigint)")
    for name in (TEXTS, LOST_LINES, LOST_SCANS):
        con.execute(f"drop table if exists {name}")
    notes = [f"{delivery.above} line{'s' * (delivery.above > 1)} above the header left out"] if delivery.above else []
    if delivery.form != "text":
        _fill(con, delivery)
        return Cells(delivery, _held(con, delivery), notes=notes)
    if delivery.encoding != "utf-8":
        delivery = _decoded(delivery, delivery.encoding, work)
    facts = survey.look(delivery.path, delivery.mark.encode(), len(delivery.header))
    if facts.is_plain and delivery.lines == 1 and delivery.quote == '"' and delivery.mark == delivery.delimiter:
        if not lost:
            odd = facts.odd - ({"tab"} if delivery.delimiter == "\t" else set())
            return Cells(delivery, facts.records - 1, notes=notes, is_file=True, odd=odd)
        if "INVALID ENCODING" in lost:
            delivery = _decoded(delivery, decode.best_guess(delivery.path), work)
    elif _is_broken(delivery.path):
        delivery = _decoded(delivery, decode.best_guess(delivery.path), work)
    return _rewritten(con, delivery, work, notes)


def lost_kinds(con: duckdb.DuckDBPyConnection) -> set[str]:
    """Of which kinds are the lines that the last read of a file could not split."""
    return {kind for _, kind in _lost(con)}


def _rewritten(con: duckdb.DuckDBPyConnection, delivery: Delivery, work: Path, notes: list[str]) -> Cells:
    """Read a text that is not plain by way of one that is."""
    target = work / f"plain-{next(unpack.NUMBERS)}.csv"
    heading = Heading(delivery.header, delivery.lines, delivery.above, 0, delivery.delimiter or ",", delivery.quote)
    done = rewrite.rewrite(delivery.path, heading, target)
    if done.lines != survey.lines(delivery.path):
        raise InputRefused(
            f"{delivery.name}: {survey.lines(delivery.path):,} lines were counted and {done.lines:,} read. Save it as"
            " CSV UTF-8 and deliver it again; nothing was loaded."
        )
    if lost := _fill(con, replace(delivery, path=target, delimiter=delivery.mark)):
        raise InputRefused(
            f"{delivery.name}, line {lost[0][0]}: it cannot be read as a table. Open it, save it as CSV UTF-8 and run"
            " again; nothing was loaded."
        )
    blanks = {"blanks": done.blanks, "head": done.head - delivery.lines}
    con.execute(f"insert into {BLANKS} select unnest($blanks), 1 union all select 0, $head", blanks)
    if done.repaired:
        notes.append(f"{done.repaired:,} rows hold a quotation mark that nothing closes; it is read as it stands")
    odd = survey.look(target).odd
    if not survey.has_invisible(target):
        odd -= {"invisible"}
    return Cells(delivery, done.rows + len(done.lost), done.lost, notes, odd=odd)


def _is_broken(path: Path) -> bool:
    """Whether a text that claims to be UTF-8 is something else further on."""
    for chunk in decode.pieces(path):
        if "\ufffd" in chunk:
            return True
    return False


def _decoded(delivery: Delivery, encoding: str, work: Path) -> Delivery:
    target = work / f"decoded-{next(unpack.NUMBERS)}.csv"
    return replace(delivery, path=decode.to_utf8(delivery.path, encoding, target), encoding="utf-8")


def _fill(con: duckdb.DuckDBPyConnection, delivery: Delivery) -> list[tuple[int, str]]:
    """Make the table `stage_text`; returns (line, kind) of the lines the reader could not split."""
    for name in (LOST_LINES, LOST_SCANS):
        con.execute(f"drop table if exists {name}")
    try:
        con.execute(
            f"create or replace temp table {TEXTS} as"
            f" select row_number() over () - 1 as row_place, * from {scan(delivery)}"
        )
    except duckdb.Error as error:
        refuse(delivery, error)
    return _lost(con)


def _lost(con: duckdb.DuckDBPyConnection) -> list[tuple[int, str]]:
    if not has(con, f"main.{LOST_LINES}"):
        return []
    rows = con.execute(f"select line, cast(error_type as varchar) from {LOST_LINES} order by line").fetchall()
    return [(int(line), str(kind)) for line, kind in rows]


def _held(con: duckdb.DuckDBPyConnection, delivery: Delivery) -> int:
    """The rows that a Parquet file says it holds, without those up to a sheet's header."""
    query = f"select sum(num_rows) from parquet_file_metadata('{paths.quoted(delivery.path)}')"
    ((rows,),) = con.execute(query).fetchall()
    return int(rows or 0) - (delivery.lines if delivery.form == "grid" else 0)


def scan(delivery: Delivery, keeps_rejects: bool = True) -> str:
    """SQL that reads the delivered cells as text; lines that cannot be split go to LOST_LINES or are passed over."""
    path = paths.quoted(delivery.path)
    nulls = ", ".join(f"'{n}'" for n in NULLS)
    if delivery.form in ("parquet", "grid"):
        is_grid = delivery.form == "grid"
        given = [
            f"c{i}" if is_grid else f"cast({normalise.quoted(c)} as varchar)" for i, c in enumerate(delivery.header)
        ]
        cells = ", ".join(
            f"case when {text} not in ({nulls}) then {text} end as {normalise.quoted(name)}"
            for text, name in zip(given, delivery.header, strict=True)
        )
        below = f"where file_row_number >= {delivery.lines}" if is_grid else ""
        return f"(select {cells} from read_parquet('{path}', file_row_number = {str(is_grid).lower()}) {below})"
    columns = ", ".join(f"'{escaped(cell)}': 'varchar'" for cell in delivery.header)
    rejects = "ignore_errors = true"
    if keeps_rejects:
        rejects = (
            f"store_rejects = true, rejects_table = '{LOST_LINES}', rejects_scan = '{LOST_SCANS}', rejects_limit = 0"
        )
    mark = {"\t": "\\t"}.get(delivery.delimiter, delivery.delimiter)
    return (
        f"read_csv('{path}', header = true, all_varchar = true, auto_detect = false, delim = '{mark}', quote = '\"',"
        f" escape = '\"', nullstr = [{nulls}], columns = {{{columns}}}, strict_mode = true, {rejects})"
    )


def places(delivery: Delivery) -> str:
    """SQL that reads where in the sheet each row of a grid stands."""
    return f"read_parquet('{paths.quoted(delivery.path)}', file_row_number = true)"


def refuse(delivery: Delivery, error: duckdb.Error) -> NoReturn:
    """Raises InputRefused for the file's own fault; want of memory and a full disk stay what they are."""
    if isinstance(error, duckdb.OutOfMemoryException) or OF_THE_MACHINE.search(str(error)):
        raise error
    raise InputRefused(plain(delivery, error)) from error


def plain(delivery: Delivery, error: duckdb.Error) -> str:
    """What is wrong with the content. A machine that lacks memory or room is no fault of the file: raised again."""
    if isinstance(error, duckdb.OutOfMemoryException) or "space left" in str(error).lower():
        raise error
    line = re.search(r"Line:?\s*(\d+)", str(error))
    where = f"{delivery.name}, line {line[1]}" if line else delivery.name
    return f"{where} cannot be read as a table. Open it, save it as CSV UTF-8 and run again; nothing was loaded."
