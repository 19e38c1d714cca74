"""Rejected rows stand until they are mended: by a mended file, by their key coming again, or by their file anew."""

from __future__ import annotations

from collections.abc import Callable, Collection

import duckdb

from data.errors import UsageError, like
from data.ingest import mended
from data.ingest.account import Account
from data.ingest.delivery import Delivery
from data.ingest.read import FAULTS, row_key
from data.ingest.staged_rows import STAGE
from data.warehouse import events
from data.warehouse.connection import transaction

#: Neither mended nor dismissed.
STANDS = "mended_by is null and dismissed is null"
#: The same row of the same file, dismissed before.
_SAME = (
    "o.dismissed is not null and o.file = $file and o.source_table = $source and o.raw = f.raw and o.field = f.field"
)
#: A content of which more than this share was there before is its file again, and not the next month's of that name.
SAME_FILE = 0.5


def keep(con: duckdb.DuckDBPyConnection, delivery: Delivery, ingest_id: str) -> None:
    """Close what this content brings again, and add its own faulty rows to run.rejected."""
    _close_by_key(con, delivery, ingest_id)
    if not con.execute(f"select 1 from {FAULTS} limit 1").fetchall():
        return
    con.execute(
        f"""
        insert into run.rejected by name
        select $id as ingest_id, $file as file, row_number, $source as source_table, field, reason, raw,
            $content as file_id, masked, yuan, row_key, sheet_row,
            -- what a person let go is not asked for again when its file comes again with the same row
            (select max(o.dismissed) from run.rejected as o where {_SAME}) as dismissed,
            (select max(o.dismissed_at) from run.rejected as o where {_SAME}) as dismissed_at,
            (select max(o.dismissed_number) from run.rejected as o where {_SAME}) as dismissed_number
        from {FAULTS} as f order by row_number
        """,
        _names(delivery) | {"id": ingest_id, "file": delivery.name, "content": delivery.file_id},
    )


def again(con: duckdb.DuckDBPyConnection, delivery: Delivery, ingest_id: str) -> int:
    """Take in the mended rows of a file: what can be read now is closed, what cannot stands where it stood.

    Returns how many rows still stand; they leave `stage_fault`, so that none is counted as rejected twice.
    """
    con.execute(
        f"""
        create or replace temp table mended_fate as
        with standing as (
            select r.rowid as place, r.row_number, row_number() over (
                partition by r.row_number order by i.event_number desc, r.rowid
            ) as nth
            from run.rejected as r
            left join (select distinct file_id, event_number from run.input_file) as i on i.file_id = r.file_id
            where r.file = $mends and r.source_table = $source and r.mended_by is null
        ),
        brought as (
            select place, row_number, row_number() over (partition by row_number order by place) as nth
            from {mended.ROWS} where content = $content
        )
        select s.place as rejected, b.place as row_number, f.reason, f.field, f.raw, f.masked
        from brought as b
        join standing as s on s.row_number = b.row_number and s.nth = b.nth
        left join {FAULTS} as f on f.row_number = b.place
        """,
        _names(delivery) | {"content": delivery.file_id, "mends": delivery.mends},
    )
    con.execute(
        "update run.rejected set mended_by = $id"
        " where rowid in (select rejected from mended_fate where reason is null)",
        {"id": ingest_id},
    )
    con.execute(
        """
        update run.rejected as r set field = f.field, reason = f.reason, raw = f.raw, masked = f.masked
        from mended_fate as f where f.rejected = r.rowid and f.reason is not null
        """
    )
    still = "row_number in (select row_number from mended_fate where reason is not null)"
    (count,) = con.execute(f"select count(*) from {FAULTS} where {still}").fetchall()[0]
    con.execute(f"create or replace temp table stage_still as select yuan from {FAULTS} where {still}")
    con.execute(f"delete from {FAULTS} where {still}")
    return int(count)


def close_file(con: duckdb.DuckDBPyConnection, delivery: Delivery, account: Account, ingest_id: str) -> None:
    """The file anew takes the place of all that was rejected of it before."""
    if account.duplicate + account.replaced > SAME_FILE * account.rows_in:
        con.execute(
            """
            update run.rejected set mended_by = $id
            where file = $file and source_table = $source and mended_by is null and file_id is distinct from $content
            """,
            _names(delivery) | {"id": ingest_id, "file": delivery.name, "content": delivery.file_id},
        )


def standing(con: duckdb.DuckDBPyConnection) -> int:
    """How many rejected rows of all that was delivered are neither mended nor dismissed yet."""
    return int(con.execute(f"select count(*) from run.rejected where {STANDS}").fetchall()[0][0])


def dismiss(
    con: duckdb.DuckDBPyConnection,
    file: str,
    rows: Collection[int],
    reason: str,
    witness: Callable[[int], None] = lambda _: None,
) -> int:
    """Let rejected rows of a file go for a reason: `rows` by their data row numbers, all that stand without any.

    `witness` gets how many and is called before the end of the transaction. Returns how many; they stay in
    run.rejected and are counted apart. Raises UsageError where the file has no such row that stands.
    """
    named = {"file": file, "rows": sorted(rows)}
    wanted = f"{STANDS} and file = $file and (len($rows) = 0 or row_number in (select unnest($rows)))"
    have = [row for (row,) in con.execute(f"select row_number from run.rejected where {wanted}", named).fetchall()]
    if lacking := sorted(set(rows) - set(have)):
        raise UsageError(f"{file} has no rejected row {lacking[0]} that stands. See `fundwatch rejected list`.")
    if not have:
        files = [f for (f,) in con.execute(f"select distinct file from run.rejected where {STANDS}").fetchall()]
        raise UsageError(f"{file} has no rejected row that stands.{like(file, files)} See `fundwatch rejected list`.")
    with transaction(con):
        this = events.stamp(con)
        con.execute(
            "update run.rejected set dismissed = $reason, dismissed_at = $at, dismissed_number = $number"
            f" where {wanted}",
            named | {"reason": reason, **this._asdict()},
        )
        witness(len(have))
    return len(have)


def _close_by_key(con: duckdb.DuckDBPyConnection, delivery: Delivery, ingest_id: str) -> None:
    open_ones = "select 1 from run.rejected where source_table = $source and mended_by is null and row_key is not null"
    if not con.execute(f"{open_ones} limit 1", _names(delivery)).fetchall():
        return  # hashing the keys of a whole content is not free
    con.execute(
        f"""
        update run.rejected set mended_by = $id
        where source_table = $source and mended_by is null and row_key in (
            select {row_key(delivery.table, "s")} from {STAGE} as s union all select row_key from {FAULTS}
        )
        """,
        _names(delivery) | {"id": ingest_id},
    )


def _names(delivery: Delivery) -> dict[str, str]:
    return {"source": delivery.table.source}
