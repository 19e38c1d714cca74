"""Two contents of one delivery that say different things of the same row, and nothing says which is newer."""

from __future__ import annotations

from collections.abc import Collection

import duckdb

from data.contract.mapping import Table
from data.errors import InputRefused
from data.ingest.delivery import Delivery
from data.ingest.staged_rows import STAGE


def refuse(con: duckdb.DuckDBPyConnection, delivery: Delivery, brought: Collection[str]) -> None:
    """Refuse the staged content where it differs from what this delivery `brought` before, by content hashes.

    Which of the two stands an update time may say. A file's name does not: `old`, `final` and a later letter are no
    dates. Raises InputRefused with both names.
    """
    table = delivery.table
    if not brought:
        return
    same_key = " and ".join(f"a.{k} is not distinct from b.{k}" for k in table.key)
    differ = differing(table)
    hashed = ", ".join(table.key)
    rows = con.execute(
        f"""
        with before as (
            select * from record.{table.target}
            where file_id in (select unnest($brought)) and hash({hashed}) in (select hash({hashed}) from {STAGE})
        )
        select i.file, min(b.row_number), min_by(a.row_place, b.row_number) + 1, count(*)
        from before as b
        join {STAGE} as a on {same_key}
        join (select distinct file_id, file from run.input_file) as i on i.file_id = b.file_id
        where {differ} and (a.updated_at is null or b.updated_at is null or a.updated_at = b.updated_at)
        group by i.file order by count(*) desc, i.file limit 1
        """,
        {"brought": sorted(brought)},
    ).fetchall()
    if rows:
        file, theirs, ours, count = rows[0]
        more = f" and {count - 1:,} more" if count > 1 else ""
        raise InputRefused(
            f"{file} and {delivery.name} contradict each other: the row with the same {_key(delivery)} (data row"
            f" {theirs} there, {ours} here{more}) says different things, and no update time says which is newer. Take"
            " the old one out, or name the one that stands with --newer FILE; nothing was loaded."
        )


def differing(table: Table) -> str:
    """SQL over two rows `a` and `b` of a table: whether they say different things."""
    columns = [f.column for f in table.kept]
    return f"row({', '.join(f'a.{c}' for c in columns)}) is distinct from row({', '.join(f'b.{c}' for c in columns)})"


def _key(delivery: Delivery) -> str:
    named = [f.source for f in delivery.table.fields if f.column in delivery.table.key]
    return ", ".join(named)
