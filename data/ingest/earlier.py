"""A content beside those of its table that came before it: rows that do not come again, columns that are gone."""

from __future__ import annotations

import json

import duckdb

from data.contract import mapping
from data.errors import InputRefused
from data.ingest.contradiction import differing
from data.ingest.delivery import Delivery
from data.ingest.header_faults import other_name
from data.ingest.look import event

#: Of a content that comes again in another version at least this share comes again.
AGAIN = 0.5


def notes(con: duckdb.DuckDBPyConnection, delivery: Delivery, stage: str, names: mapping.Names) -> list[str]:
    """What to say before the staged content is loaded."""
    if delivery.mends is not None:
        return []
    return [*_gone(con, delivery, stage), *_lacking(con, delivery, names)]


def _gone(con: duckdb.DuckDBPyConnection, delivery: Delivery, stage: str) -> list[str]:
    """Rows of an earlier content most of which come again: nothing here takes the others out."""
    table = delivery.table
    key = f"hash({', '.join(table.key)})"
    if not con.execute("select 1 from stage_colliding limit 1").fetchall():
        return []
    rows = con.execute(
        f"""
        with again as (
            select file_id, count(*) as come from record.{table.target}
            where {key} in (
                select {key} from {stage} where row_place in (select row_place from stage_colliding)
            )
            group by file_id
        ),
        whole as (
            select file_id, count(*) as held from record.{table.target}
            where file_id in (select file_id from again) group by file_id
        )
        select min(i.file), w.held - a.come, w.held
        from again as a join whole as w using (file_id)
        join run.input_file as i on i.file_id = w.file_id and i.source_table = $source
        where a.come < w.held and a.come >= {AGAIN} * w.held
        group by w.file_id, w.held, a.come order by 1
        """,
        {"source": table.source},
    ).fetchall()
    return [
        f"{gone:,} of {held:,} rows that {file} brought do not come again, and stand as they were; if they were taken"
        " back, they must come with vali_flag 0"
        for file, gone, held in rows
    ]


def refuse_older(con: duckdb.DuckDBPyConnection, delivery: Delivery, stage: str) -> None:
    """Refuse the staged content where it seems to be an older state of one that came before.

    It brings most rows of that one again, some of them different, it lacks only what happened after its own last day,
    and no update time says which is newer: what comes later does not stand then. Raises InputRefused with both names.
    """
    table = delivery.table
    day = event(table)
    if day is None or not con.execute("select 1 from stage_colliding limit 1").fetchall():
        return
    same_key = " and ".join(f"a.{k} = b.{k}" for k in table.key)
    differ = differing(table)
    rows = con.execute(
        f"""
        with again as (
            select b.file_id, count(*) as come, count(*) filter (where {differ}) as differing,
                bool_or({differ} and a.updated_at <> b.updated_at) as is_dated
            from {stage} as a join record.{table.target} as b on {same_key}
            where a.row_place in (select row_place from stage_colliding)
            group by b.file_id
        ),
        ending as (select max({day}) as ends_at from {stage}),
        whole as (
            select file_id, count(*) as held, count(*) filter (where {day} > (select ends_at from ending)) as later,
                max({day}) as ends_at
            from record.{table.target} where file_id in (select file_id from again) group by file_id
        )
        select min(i.file), cast(any_value(w.ends_at) as date), cast(any_value(e.ends_at) as date),
            any_value(a.differing)
        from again as a join whole as w using (file_id) cross join ending as e
        join run.input_file as i on i.file_id = w.file_id and i.source_table = $source
        where a.come >= {AGAIN} * w.held and a.differing > 0 and not coalesce(a.is_dated, false)
            and w.later > 0 and w.held - a.come = w.later
        group by w.file_id order by 1 limit 1
        """,
        {"source": table.source},
    ).fetchall()
    if rows:
        file, theirs, ours, count = rows[0]
        raise InputRefused(
            f"{delivery.name} ends on {ours} and seems older than {file}, which came before it and ends on {theirs}:"
            f" {count:,} of their rows say different things, and no update time says which is newer. Take it out, or"
            " name it with --newer if it stands; nothing was loaded."
        )


def _lacking(con: duckdb.DuckDBPyConnection, delivery: Delivery, names: mapping.Names) -> list[str]:
    """Columns that the content before had and this one has not."""
    rows = con.execute(
        "select file, header from run.input_file where source_table = $source and header is not null"
        " order by event_number desc, loaded_at desc, file desc limit 1",
        {"source": delivery.table.source},
    ).fetchall()
    if not rows:
        return []
    file, header = rows[0][0], json.loads(rows[0][1])
    have = {f.source for f in delivery.fields.values()}
    had = {f.source: cell for cell, f in names.match(delivery.table, header).items()}
    lacking = {source: " ".join(cell.split()) for source, cell in had.items() if source not in have}
    if not lacking:
        return []
    shown = ", ".join(list(lacking.values())[:5]) + (" ..." if len(lacking) > 5 else "")
    return [f"it lacks {shown}, which {file} before it had{other_name(delivery, lacking, names)}"]
