"""Look into a delivery before it is loaded: every fault of its values, its rows, months and days, and nothing kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import duckdb

from data.contract.mapping import Names, Table
from data.errors import InputRefused
from data.ingest import cells, contradiction, controls, cut, decode, match, normalise, read, staged_rows, survey, unpack
from data.ingest.delivery import Delivery, renamed
from data.ingest.load import load
from data.warehouse.connection import FILE_NAME, ddl
from data.warehouse.paths import escaped

#: Rows of a content that are looked at where not all of it is asked for.
SAMPLE = 50_000
#: Encodings of whose texts a line ends where the byte of a line end stands.
BY_BYTES = ("utf-8", "gb18030")


@dataclass(frozen=True)
class Cells:
    """What is wrong with the values of one column: the reason, how many rows, the first of them."""

    column: str | None  # the delivered header cell; None where the row could not be split
    reason: str
    rows: int
    first: int


@dataclass(frozen=True)
class Seen:
    """What was seen in one content. `lines`: of how many lines its rows were the first, where not all were read."""

    delivery: Delivery
    rows: int = 0
    sound: int = 0  # of the rows looked at, those that would be loaded
    lines: int | None = None
    months: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None
    faults: tuple[Cells, ...] = ()
    refusals: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()  # header cells of columns without any value


@dataclass(frozen=True)
class Holding:
    """What HOME has taken: contents, and the columns of each table. `is_open`: it could be read."""

    is_open: bool = True
    contents: frozenset[tuple[str, str]] = frozenset()
    columns: dict[str, set[str]] = field(default_factory=dict)


@contextmanager
def place(home: Path, work: Path) -> Iterator[tuple[duckdb.DuckDBPyConnection, bool]]:
    """An empty warehouse that knows which files HOME took; and whether HOME could be asked."""
    with duckdb.connect(str(work / "look.duckdb")) as con:
        con.execute(ddl())
        con.execute(f"set temp_directory = '{escaped(work / 'spill')}'")
        yield con, _remember(con, home)


def _remember(con: duckdb.DuckDBPyConnection, home: Path) -> bool:
    if not (home / FILE_NAME).exists():
        return True
    try:
        con.execute(f"attach '{escaped(home / FILE_NAME)}' as held (read_only)")
    except duckdb.Error:
        return False  # somebody writes it
    try:
        con.execute("insert into run.input_file by name select * from held.run.input_file")
        con.execute("insert into run.rejected by name select * from held.run.rejected")
    except duckdb.Error:
        return False  # no warehouse, or one of another version
    finally:
        con.execute("detach held")
    return True


def holding(con: duckdb.DuckDBPyConnection, is_open: bool, tables: dict[str, Table], names: Names) -> Holding:
    """What HOME has taken, by the files that it remembers."""
    rows = con.execute(
        "select file_id, source_table, coalesce(cast(from_json(header, '[\"varchar\"]') as varchar[]), [])"
        " from run.input_file"
    ).fetchall()
    columns: dict[str, set[str]] = {}
    for _, source, header in rows:
        if source in tables:
            fields = names.match(tables[source], header).values()
            columns.setdefault(source, set()).update(f.column for f in fields)
    return Holding(is_open, frozenset((file_id, source) for file_id, source, _ in rows), columns)


def look(
    con: duckdb.DuckDBPyConnection, deliveries: Sequence[Delivery], work: Path, names: Names, is_full: bool
) -> Iterator[Seen]:
    """Each content as a load would read it, a sample or the whole; what one is refused for ends none of the others."""
    tables = [d.table.source for d in deliveries]
    brought: dict[str, set[str]] = {}
    for delivery in deliveries:
        part, lines = (delivery, None) if is_full else _sample(delivery, work)
        before = brought.setdefault(delivery.table.source, set())
        is_alone = tables.count(delivery.table.source) == 1
        seen = _read(con, part, work, names, None if is_alone else before, is_alone and lines is None)
        if lines is not None and (days := _all_days(con, delivery)) is not None:
            seen = replace(seen, rows=days[0], months=days[1], first=days[2], last=days[3])
        yield _whole(replace(seen, delivery=delivery, lines=lines), deliveries)


def _whole(seen: Seen, deliveries: Sequence[Delivery]) -> Seen:
    """The same with what is said of a content that may be cut off."""
    rows = seen.rows if seen.lines is None else seen.lines
    beside = [d for d in deliveries if d.table == seen.delivery.table][1:]
    try:
        return replace(seen, notes=(*seen.notes, *cut.refuse_full(seen.delivery, rows, beside)))
    except InputRefused as error:
        return replace(seen, refusals=(*seen.refusals, str(error)))


def _read(
    con: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    work: Path,
    names: Names,
    brought: set[str] | None,
    is_whole: bool,
) -> Seen:
    """`brought`: the contents before it of its table; `is_whole`: it is all that came of it, to its end."""
    con.execute(f"drop view if exists {staged_rows.STAGE}")
    for name in (staged_rows.ROWS, read.FAULTS, cells.LOST_LINES, cells.LOST_SCANS):
        con.execute(f"drop table if exists {name}")
    refusals: list[str] = []
    notes: tuple[str, ...] = ()
    try:
        staged = read.stage(con, delivery, work, None, names)
        notes = staged.notes
        if is_whole:
            controls.refuse(staged.control.claims)
    except InputRefused as error:
        refusals.append(str(error))
        staged = None
    have = {name for (name,) in con.execute("select table_name from duckdb_tables() where temporary").fetchall()}
    if not {staged_rows.ROWS, read.FAULTS} <= have:
        return Seen(delivery, refusals=tuple(refusals))
    rows, months, first, last = _days(con, delivery.table)
    faults, empty = tuple(_faults(con, delivery)), tuple(_empty(con, delivery)) if rows else ()
    sound = rows
    rows += sum(f.rows for f in faults)
    if staged is not None and brought is not None and delivery.table.target not in match.LISTS:
        try:
            contradiction.refuse(con, delivery, brought)
        except InputRefused as error:
            refusals.append(str(error))
        if delivery.file_id not in brought:
            load(con, delivery, "", "", staged)
            brought.add(delivery.file_id)
    return Seen(delivery, rows, sound, None, months, first, last, faults, tuple(refusals), tuple(notes), empty)


def event(table: Table) -> str | None:
    """The column that says when a row of the table happened: the last day or time that every row must have."""
    days = [f.column for f in table.fields if f.is_required and f.kind in ("date", "timestamp")]
    return days[-1] if days and not table.target.endswith(("contract", "stock")) else None


Days = tuple[int, tuple[str, ...], date | None, date | None]  # rows, months, first, last


def _days(con: duckdb.DuckDBPyConnection, table: Table) -> Days:
    """Rows, months, first and last day of what is staged."""
    column = event(table)
    if column is None:
        return int(con.execute(f"select count(*) from {staged_rows.STAGE}").fetchall()[0][0]), (), None, None
    return _by_month(con, f"select {column} as day from {staged_rows.STAGE}")


def _all_days(con: duckdb.DuckDBPyConnection, delivery: Delivery) -> Days | None:
    """The same of a whole content of which only the first rows were staged; None where its lines are not plain."""
    column = event(delivery.table)
    cell, field = next(((c, f) for c, f in delivery.fields.items() if f.column == column), (None, None))
    if cell is None or field is None or delivery.encoding not in ("", "utf-8") or delivery.quote != '"':
        return None
    if delivery.form == "text" and delivery.lines != 1:
        return None
    for name in (cells.LOST_LINES, cells.LOST_SCANS):
        con.execute(f"drop table if exists {name}")
    local = normalise.moment(f"t_{column}", field)
    try:
        return _by_month(
            con,
            f"""
            select {normalise.typed(f"t_{column}", field, f"m_{column}")} as day
            from (select *, {local} as m_{column} from (
                select {normalise.text(cell)} as t_{column} from {cells.scan(delivery)}
            ))
            """,
        )
    except duckdb.Error:
        return None


def _by_month(con: duckdb.DuckDBPyConnection, query: str) -> Days:
    months = con.execute(
        "select strftime(day, '%Y-%m') as month, count(*), cast(min(day) as date), cast(max(day) as date)"
        f" from ({query}) group by 1 order by 1"
    ).fetchall()
    dated = [m for m in months if m[0] is not None]
    rows = sum(m[1] for m in months)
    return (rows, tuple(m[0] for m in dated), dated[0][2], dated[-1][3]) if dated else (rows, (), None, None)


def _faults(con: duckdb.DuckDBPyConnection, delivery: Delivery) -> Iterator[Cells]:
    named = {f.source: cell for cell, f in delivery.fields.items()}
    for source, reason, rows, first in con.execute(
        f"select field, reason, count(*), min(row_number) from {read.FAULTS} group by all order by 3 desc, 1, 2"
    ).fetchall():
        yield Cells(named.get(source, source), reason, rows, first)


def _empty(con: duckdb.DuckDBPyConnection, delivery: Delivery) -> Iterator[str]:
    kept = {cell: f.column for cell, f in delivery.fields.items()}
    counts = con.execute(
        f"select {', '.join(f'count({c})' for c in kept.values())} from {staged_rows.STAGE}"
    ).fetchall()[0]
    yield from (cell for cell, count in zip(kept, counts, strict=True) if not count)


def _sample(delivery: Delivery, work: Path) -> tuple[Delivery, int | None]:
    """The content's first rows, and how many lines it has in all; the content itself where it has no more."""
    target = work / f"sample-{next(unpack.NUMBERS)}{'.csv' if delivery.form == 'text' else '.parquet'}"
    wanted = SAMPLE + delivery.lines
    if delivery.form != "text":
        import polars as pl

        scan = pl.scan_parquet(delivery.path, glob=False)
        rows = int(scan.select(pl.len()).collect().item())
        if rows <= wanted:
            return delivery, None
        scan.head(wanted).collect().write_parquet(target)
        return renamed(delivery, target, delivery.encoding), rows - (delivery.lines if delivery.form == "grid" else 0)
    if delivery.encoding not in BY_BYTES or delivery.mends is not None:
        return delivery, None
    lines = survey.lines(delivery.path)
    if lines <= wanted:
        return delivery, None
    with decode.open_bytes(delivery.path) as source, target.open("wb") as out:
        for number, line in enumerate(source, 1):
            out.write(line)
            if number >= wanted:
                break
    return renamed(delivery, target, delivery.encoding), lines - delivery.lines
