"""Put the staged rows into the record: new keys load, equal rows are duplicates, other rows replace."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from decimal import Decimal

import duckdb

from data.contract.mapping import Table
from data.ingest import ids, match, rejected
from data.ingest.account import ZERO, Account
from data.ingest.delivery import Delivery
from data.ingest.read import FAULTS, Staged, row_number
from data.ingest.staged_rows import ROWS, STAGE
from data.warehouse.events import Stamp, stamp

#: Tables whose rows belong to a settlement: what a delivery touched is computed again, the rest stays.
BY_SETTLEMENT = ("settlement", "fee_line")


def load(
    con: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    ingest_id: str,
    folder: str,
    staged: Staged,
    is_newer: bool = False,
    chosen: Collection[str] = (),
    when: Callable[[], Stamp] | None = None,
) -> Account:
    """Move `stage` into the record and `stage_fault` into run.rejected; returns the content's account.

    `when` stamps the delivery that it belongs to; a content by itself is a delivery of its own.
    """
    table = delivery.table
    if table.target in match.LISTS:
        match.staged(con, table.target, ROWS)
    still = rejected.again(con, delivery, ingest_id) if delivery.mends is not None else 0
    account = _account(con, delivery, still, staged.left_out, chosen)
    _replace(con, table)
    columns = ", ".join([*(f"s.{f.column}" for f in table.kept), "s.updated_at"])
    con.execute(
        f"""
        insert into record.{table.target} by name
        select {columns}, $file_id as file_id, {row_number(con, "s")} as row_number
        from {STAGE} as s {_standing(con)}
        """,
        {"file_id": delivery.file_id},
    )
    identities(con, table)
    _touch(con, table)
    rejected.keep(con, delivery, ingest_id)
    rejected.close_file(con, delivery, account, ingest_id)
    con.execute(
        "insert into run.input_file (file_id, file, source_table, loaded_at, rows_in, yuan_in, folder, header,"
        " delimiter, is_newer, event_number)"
        " values ($id, $file, $source, $at, $rows, $yuan, $folder, $header, $delimiter, $newer, $number)",
        {
            "id": delivery.file_id,
            "file": delivery.name,
            "source": table.source,
            "rows": account.rows_in,
            "yuan": account.yuan_in,
            "folder": folder,
            "header": json.dumps(delivery.header, ensure_ascii=False),
            "delimiter": delivery.mark,
            "newer": is_newer,
            **(when() if when else stamp(con))._asdict(),
        },
    )
    return account


def _account(
    con: duckdb.DuckDBPyConnection, delivery: Delivery, still: int, left_out: int, chosen: Collection[str]
) -> Account:
    """The content's account; `still` mended rows are as faulty as before and stand where they stood: duplicates."""
    table = delivery.table
    money = f"coalesce(sum({table.money}), 0)" if table.money else "0"
    sound, sound_yuan = con.execute(f"select count(*), cast({money} as decimal(18,2)) from {STAGE}").fetchall()[0]
    faulty, faulty_yuan = con.execute(
        f"select count(*), cast(coalesce(sum(yuan), 0) as decimal(18,2)) from {FAULTS}"
    ).fetchall()[0]
    _mark(con, table, chosen)
    counts = _by_fate(con, table)
    duplicate, replaced = (counts.get(fate, (0, ZERO)) for fate in ("duplicate", "replaced"))
    still_yuan = ZERO
    if still:
        still_yuan = con.execute("select cast(coalesce(sum(yuan), 0) as decimal(18,2)) from stage_still").fetchall()[0][
            0
        ]
    return Account(
        delivery.name,
        table.source,
        sound + faulty + still + left_out,
        sound - duplicate[0] - replaced[0],
        duplicate[0] + still,
        replaced[0],
        faulty,
        yuan_in=sound_yuan + faulty_yuan + still_yuan,
        yuan_loaded=sound_yuan - duplicate[1] - replaced[1],
        yuan_duplicate=duplicate[1] + still_yuan,
        yuan_replaced=replaced[1],
        yuan_rejected=faulty_yuan,
        left_out=left_out,
    )


def _any(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether the table has a row: most contents collide with nothing, and to ask is less than to look for it."""
    return bool(con.execute(f"select 1 from {table} limit 1").fetchall())


def _mark(con: duckdb.DuckDBPyConnection, table: Table, chosen: Collection[str]) -> None:
    """stage_fate: the staged rows whose key came before, in this content or in the record.

    Only keys that collide are compared column by column (ids.collide). Fates follow the
    order of delivery; which version stands follows the update time where rows carry one, unless a person chose: rows
    of the contents `chosen` stand over all that their delivery brings after them.
    """
    if table.target in match.LISTS:  # whom they mean was settled after the content was read; of others it is known
        ids.collide(con, table, STAGE)
    if not _any(con, "stage_colliding"):
        con.execute("create or replace temp table stage_fate (row_id bigint, fate varchar, is_standing boolean)")
        return
    key = ", ".join(table.key)
    columns = [f.column for f in table.kept]
    listed = ", ".join(f"'{file_id}'" for file_id in sorted(chosen)) or "''"
    earlier = ", ".join(f"lag({c}) over later" for c in columns)
    con.execute(
        f"""
        create or replace temp table stage_fate as
        with versions as (
            select 0 as is_new, b.file_id in ({listed}) as is_chosen, cast(null as bigint) as row_id,
                b.updated_at, {", ".join("b." + c for c in columns)}
            from record.{table.target} as b
            where hash({", ".join("b." + k for k in table.key)}) in (
                select hash({", ".join("a." + k for k in table.key)})
                from {STAGE} as a where a.row_place in (select row_place from stage_colliding)
            )
            union all
            select 1, false, s.row_place, s.updated_at, {", ".join("s." + c for c in columns)}
            from {STAGE} as s where s.row_place in (select row_place from stage_colliding)
        ),
        compared as (
            select {key}, is_new, is_chosen, row_id, coalesce(updated_at, timestamp '1000-01-01') as updated_at,
                row_number() over later > 1 as has_earlier,
                row({", ".join(columns)}) is not distinct from row({earlier}) as is_same
            from versions
            window later as (partition by {key} order by is_new, row_id)
        ),
        fated as (
            select *, case when not has_earlier then 'loaded' when is_same then 'duplicate' else 'replaced' end as fate
            from compared
        )
        select row_id, fate, is_standing
        from (
            select row_id, is_new, fate, row_number() over (
                partition by {key}
                order by is_new = 1 and fate = 'duplicate', is_chosen desc, updated_at desc, is_new desc, row_id desc
            ) = 1 as is_standing
            from fated
        ) as placed
        where is_new = 1
        """
    )


def _by_fate(con: duckdb.DuckDBPyConnection, table: Table) -> dict[str, tuple[int, Decimal]]:
    if not _any(con, "stage_fate"):
        return {}
    money = f"coalesce(sum(s.{table.money}), 0)" if table.money else "0"
    rows = con.execute(
        f"""
        select f.fate, count(*), cast({money} as decimal(18,2))
        from stage_fate as f join {STAGE} as s on s.row_place = f.row_id group by 1
        """
    ).fetchall()
    return {fate: (int(n), Decimal(yuan)) for fate, n, yuan in rows}


def _replace(con: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Take out the versions that a standing new row replaces."""
    if not _any(con, "stage_fate"):
        return
    same_key = " and ".join(f"a.{k} is not distinct from b.{k}" for k in table.key)
    con.execute(
        f"""
        delete from record.{table.target} as b where exists (
            select 1 from {STAGE} as a join stage_fate as f on f.row_id = a.row_place and f.is_standing
            where {same_key}
        )
        """
    )


def identities(con: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Names, id numbers and addresses go to their own table, one row a person and delivered table; numbers beside."""
    personal = [f.column for f in table.fields if f.is_personal]
    if table.target in match.LISTS:
        return  # what another department writes of a person says whom it means, and nothing about the person
    if not personal or "person_id" not in {f.column for f in table.fields}:
        return
    if "phone" in personal:
        personal.remove("phone")
        con.execute(
            f"""
            insert into record.person_phone
            select distinct person_id, phone from {STAGE} where person_id is not null and phone is not null
            except select person_id, phone from record.person_phone
            """
        )
    implied = ["id_sex", "id_birth_on", match.KEY] if "id_number" in personal else []
    con.execute(
        f"""
        insert into record.person_identity by name
        select person_id, {", ".join(f"max({c}) as {c}" for c in personal + implied)}, '{table.source}' as source_table
        from {STAGE} as s
        where person_id is not null and coalesce({", ".join(personal)}) is not null
            and not exists (
                select 1 from record.person_identity as i
                where i.person_id = s.person_id and i.source_table = '{table.source}'
            )
        group by person_id
        """
    )


def _standing(con: duckdb.DuckDBPyConnection) -> str:
    """SQL: the rows of the stage that stand, in its order; nothing is asked of a row where all of them do."""
    fallen = "select row_id from stage_fate where not is_standing"
    return f"where s.row_place not in ({fallen})" if _any(con, f"({fallen})") else ""


def _touch(con: duckdb.DuckDBPyConnection, table: Table) -> None:
    if table.target in BY_SETTLEMENT:
        con.execute(
            f"insert into run.touched_settlement select distinct s.settlement_id from {STAGE} as s"
            " where s.settlement_id is not null"
            f" and {_standing(con).removeprefix('where ') or 'true'}"
        )
