"""Put a staged file into the record: new keys load, equal rows are duplicates, other rows replace."""

from __future__ import annotations

from decimal import Decimal

import duckdb

from data.ingest.account import ZERO, Account
from data.ingest.find import Delivery
from data.ingest.read import STAGE, first_row
from data.mapping import Table


def load(con: duckdb.DuckDBPyConnection, delivery: Delivery) -> Account:
    """Move `stage` into the record and return the file's account."""
    table = delivery.table
    rows, yuan = _total(con, table, STAGE)
    _mark(con, table)
    counts = _by_fate(con, table)
    _replace(con, table)
    columns = [f.column for f in table.fields if not f.is_personal]
    con.execute(
        f"""
        insert into record.{table.target} by name
        select {", ".join("s." + c for c in columns)}, $file_id as file_id, s.rowid - {first_row(con)} + 1 as row_number
        from {STAGE} as s
        where s.rowid not in (select row_id from stage_fate where not is_last or fate = 'duplicate')
        order by s.rowid
        """,
        {"file_id": delivery.file_id},
    )
    _identities(con, table)
    duplicate, replaced = (counts.get(fate, (0, ZERO)) for fate in ("duplicate", "replaced"))
    return Account(
        delivery.name,
        table.source,
        rows,
        rows - duplicate[0] - replaced[0],
        duplicate[0],
        replaced[0],
        yuan_in=yuan,
        yuan_loaded=yuan - duplicate[1] - replaced[1],
        yuan_duplicate=duplicate[1],
        yuan_replaced=replaced[1],
    )


def _total(con: duckdb.DuckDBPyConnection, table: Table, name: str) -> tuple[int, Decimal]:
    money = f"coalesce(sum({table.money}), 0)" if table.money else "0"
    rows, yuan = con.sql(f"select count(*), cast({money} as decimal(18,2)) from {name}").fetchall()[0]
    return int(rows), Decimal(yuan)


def _mark(con: duckdb.DuckDBPyConnection, table: Table) -> None:
    """stage_fate: the staged rows whose key came before, in this file or in the record.

    Only keys that collide are compared column by column: a year of fee lines has hardly any.
    """
    key = ", ".join(table.key)
    same_key = " and ".join(f"a.{k} is not distinct from b.{k}" for k in table.key)
    columns = [f.column for f in table.fields if not f.is_personal]
    earlier = ", ".join(f"lag({c}) over later" for c in columns)
    con.execute(
        f"""
        create or replace temp table stage_fate as
        with colliding as (
            select a.rowid as row_id from {STAGE} as a
            where hash({key}) in (select hash({key}) from {STAGE} group by 1 having count(*) > 1)
            union
            select a.rowid as row_id from {STAGE} as a
            where hash({key}) in (select hash({key}) from record.{table.target})
        ),
        versions as (
            select 0 as is_new, cast(null as bigint) as row_id, {", ".join("b." + c for c in columns)}
            from record.{table.target} as b
            where exists (
                select 1 from {STAGE} as a where {same_key} and a.rowid in (select row_id from colliding)
            )
            union all
            select 1, s.rowid, {", ".join("s." + c for c in columns)}
            from {STAGE} as s where s.rowid in (select row_id from colliding)
        ),
        compared as (
            select is_new, row_id,
                row_number() over later > 1 as has_earlier,
                row({", ".join(columns)}) is not distinct from row({earlier}) as is_same,
                row_number() over latest = 1 as is_last
            from versions
            window later as (partition by {key} order by is_new, row_id),
                latest as (partition by {key} order by is_new desc, row_id desc)
        )
        select row_id, is_last,
            case when not has_earlier then 'loaded' when is_same then 'duplicate' else 'replaced' end as fate
        from compared where is_new = 1
        """
    )
    # an equal row that repeats the newest content keeps that content: the last differing row must load
    con.execute(
        f"""
        update stage_fate set is_last = true where row_id in (
            select max(f.row_id) from stage_fate as f join {STAGE} as s on s.rowid = f.row_id
            where f.fate <> 'duplicate' group by {", ".join("s." + k for k in table.key)}
        )
        """
    )


def _by_fate(con: duckdb.DuckDBPyConnection, table: Table) -> dict[str, tuple[int, Decimal]]:
    money = f"coalesce(sum(s.{table.money}), 0)" if table.money else "0"
    rows = con.sql(
        f"""
        select f.fate, count(*), cast({money} as decimal(18,2))
        from stage_fate as f join {STAGE} as s on s.rowid = f.row_id group by 1
        """
    ).fetchall()
    return {fate: (int(n), Decimal(yuan)) for fate, n, yuan in rows}


def _replace(con: duckdb.DuckDBPyConnection, table: Table) -> None:
    same_key = " and ".join(f"a.{k} is not distinct from b.{k}" for k in table.key)
    con.execute(
        f"""
        delete from record.{table.target} as b where exists (
            select 1 from {STAGE} as a join stage_fate as f on f.row_id = a.rowid and f.fate = 'replaced'
            where {same_key}
        )
        """
    )


def _identities(con: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Names, id numbers, phones and addresses go to their own table, first seen first kept."""
    personal = [f.column for f in table.fields if f.is_personal]
    if not personal or "person_id" not in {f.column for f in table.fields}:
        return
    con.execute(
        f"""
        insert into record.person_identity by name
        select person_id, {", ".join(f"max({c}) as {c}" for c in personal)}, '{table.source}' as source_table
        from {STAGE} as s
        where person_id is not null and coalesce({", ".join(personal)}) is not null
            and not exists (
                select 1 from record.person_identity as i
                where i.person_id = s.person_id and i.source_table = '{table.source}'
            )
        group by person_id
        """
    )
