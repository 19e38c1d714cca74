"""Read one delivered file into a temporary typed table, one pass, with its faults marked."""

from __future__ import annotations

import re

import duckdb

from data.errors import InputRefused
from data.ingest import normalise
from data.ingest.find import Delivery
from data.mapping import Field

STAGE = "stage"


def stage(con: duckdb.DuckDBPyConnection, delivery: Delivery) -> None:
    """Fill the temporary table `stage`: typed columns, row_number from 1, bad_field (null: sound).

    A field the table knows and the file lacks is null. Raises InputRefused when the file is not
    readable as CSV.
    """
    by_column = {field.column: (cell, field) for cell, field in delivery.fields.items()}
    columns, checks = [], []
    for field in delivery.table.fields:
        if field.column not in by_column:
            columns.append(f"cast(null as {normalise.TYPES.get(field.kind, 'varchar')}) as {field.column}")
            continue
        columns.append(f"{normalise.typed('t_' + field.column, field)} as {field.column}")
        checks.extend(_checks(delivery, field))
    bad = f"case {' '.join(checks)} end" if checks else "cast(null as varchar)"
    texts = [f"{normalise.text(cell)} as t_{field.column}" for cell, field in by_column.values()]
    query = f"""
        create or replace temp table {STAGE} as
        with texts as (select {", ".join(texts)} from {_scan(delivery)})
        select {", ".join(columns)}, {bad} as bad_field from texts
    """
    try:
        con.execute(query)
    except duckdb.Error as error:
        raise InputRefused(_plain(delivery, error)) from error


def first_row(con: duckdb.DuckDBPyConnection) -> int:
    """The rowid of the first staged row: inside a transaction they do not start at 0, but they have no gaps."""
    return int(con.sql(f"select coalesce(min(rowid), 0) from {STAGE}").fetchall()[0][0])


def first_fault(con: duckdb.DuckDBPyConnection, delivery: Delivery) -> InputRefused | None:
    """The refusal for the first bad row of the staged file, or None when every row is sound."""
    faults = con.sql(
        f"select rowid - {first_row(con)}, bad_field from {STAGE} where bad_field is not null order by rowid limit 1"
    ).fetchall()
    if not faults:
        return None
    row, source = faults[0]
    cell, field = next((c, f) for c, f in delivery.fields.items() if f.source == source)
    value = con.sql(f"select {normalise.text(cell)} from {_scan(delivery)} limit 1 offset {row}").fetchall()[0][0]
    what = "is empty, and it names the row" if value is None else f"is '{value[:40]}', not {normalise.wanted(field)}"
    return InputRefused(
        f"{delivery.name}, data row {row + 1}: {cell} {what}. Correct the file and run again; nothing was loaded."
    )


def _checks(delivery: Delivery, field: Field) -> list[str]:
    raw, source = f"t_{field.column}", field.source.replace("'", "''")
    checks = []
    if normalise.must_parse(field):
        checks.append(f"when {raw} is not null and {normalise.typed(raw, field)} is null then '{source}'")
    if field.column in delivery.table.key and field.is_required:
        checks.append(f"when {raw} is null then '{source}'")
    return checks


def _scan(delivery: Delivery) -> str:
    path = str(delivery.path).replace("'", "''")
    return (
        f"read_csv('{path}', header = true, all_varchar = true, auto_detect = false, delim = '{delivery.delimiter}',"
        f""" quote = '"', escape = '"', nullstr = '', columns = {{{_columns(delivery)}}}, strict_mode = true)"""
    )


def _columns(delivery: Delivery) -> str:
    return ", ".join(f"""'{cell.replace("'", "''")}': 'varchar'""" for cell in delivery.header)


def _plain(delivery: Delivery, error: duckdb.Error) -> str:
    line = re.search(r"Line:?\s*(\d+)", str(error))
    where = f"{delivery.name}, line {line[1]}" if line else delivery.name
    if "utf-8" in str(error).lower() or "unicode" in str(error).lower():
        return f"{where}: the text is not UTF-8. Save it as CSV UTF-8 and run again; nothing was loaded."
    if line:
        return f"{where}: the row does not have the {len(delivery.header)} columns of the header. Nothing was loaded."
    first = str(error).splitlines()[0]
    return f"{where} cannot be read as CSV ({first}). Nothing was loaded."
