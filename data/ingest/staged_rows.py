"""The rows of a content, typed: the table behind the stage, read as usual cells where they are, else the long way."""

from __future__ import annotations

from collections.abc import Collection

import duckdb

from data.contract import mapping
from data.ingest import cells, labels, normalise, numbers, remarks, staged_columns, usual
from data.ingest.cells import Cells
from data.ingest.delivery import Delivery
from data.ingest.pseudonym import Pseudonyms

STAGE = "stage"
#: The table behind the view STAGE, which gives its rows their places: a numbered read would read with one thread.
ROWS, PLACED = "stage_row", "stage_place"


def fill(con: duckdb.DuckDBPyConnection, delivery: Delivery, held: Cells, pseudonyms: Pseudonyms | None) -> None:
    """Make the view `stage` and the table behind it of the cells as text."""
    by_column = _by_column(delivery)
    cell_texts = ", ".join(normalise.text(cell, held.odd) for cell, _ in by_column.values())
    try:
        plain = usual.columns(by_column, held.first(con, cell_texts, usual.SAMPLE), delivery.words)
    except duckdb.Error as error:
        cells.refuse(delivery, error)
    _read(con, delivery, held, pseudonyms, plain)
    if odd := _odd(con):
        _again(con, delivery, held, pseudonyms, plain - odd)
        if _odd(con):  # a row names one column, and it has another
            _again(con, delivery, held, pseudonyms, frozenset())
    (first,) = con.execute(f"select coalesce(min(rowid), 0) from {ROWS}").fetchall()[0]  # rows not committed begin high
    con.execute(f"create or replace temp macro {PLACED}(id) as id - {first}")
    con.execute(f"create or replace temp view {STAGE} as select {PLACED}(rowid) as row_place, * from {ROWS}")


def _odd(con: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """Columns read as usual that hold a cell which is not."""
    rows = con.execute(f"select distinct odd_column from {ROWS} where odd_column is not null").fetchall()
    return frozenset(column for (column,) in rows)


def _again(
    con: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    held: Cells,
    pseudonyms: Pseudonyms | None,
    plain: Collection[str],
) -> None:
    for name in (cells.LOST_LINES, cells.LOST_SCANS) if held.is_file else ():
        con.execute(f"drop table if exists {name}")
    _read(con, delivery, held, pseudonyms, plain)


def _by_column(delivery: Delivery) -> dict[str, tuple[str, mapping.Field]]:
    """Column of the stage -> its cell and field, the time of the last update among them where it is delivered."""
    by_column = {field.column: (cell, field) for cell, field in delivery.fields.items()}
    return by_column | (
        {mapping.UPDATE_TIME.column: (delivery.updated, mapping.UPDATE_TIME)} if delivery.updated else {}
    )


def _read(
    con: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    held: Cells,
    pseudonyms: Pseudonyms | None,
    plain: Collection[str] = (),
) -> None:
    """Fill the table behind the stage; the cells of the columns `plain` are read as usual."""
    by_column = _by_column(delivery)
    ways = held.odd | ({numbers.COMMA} if delivery.delimiter == ";" else set())
    ways |= set() if held.is_file else {staged_columns.LINE_END}
    stage_columns = staged_columns.columns(delivery, by_column, pseudonyms, ways, plain)
    texts = [f"{normalise.text(cell, held.odd)} as t_{column}" for column, (cell, _) in by_column.items()]
    moments = {
        column: (usual if column in plain else normalise).moment(f"t_{column}", field)
        for column, (_, field) in by_column.items()
    }
    local = "".join(f", {sql} as m_{column}" for column, sql in moments.items() if sql is not None)
    try:
        con.execute(
            f"""
            create or replace temp table {ROWS} as
            with texts as (
                select {", ".join(texts)}, {labels.doubt(delivery)} as doubtful
                from {held.source}
            ),
            local as (select *{local} from texts)
            select {", ".join(stage_columns.selected)},
                coalesce({", ".join(stage_columns.checks or ["null"])}) as bad,
                {remarks.counted(delivery, plain)} as remarks, doubtful, {stage_columns.odd_column} as odd_column
            from local
            """
        )
    except duckdb.Error as error:
        cells.refuse(delivery, error)
