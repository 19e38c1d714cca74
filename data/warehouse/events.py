"""What people decide, in the order in which it was decided: a number that only grows, and the time in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

import duckdb

from data.warehouse import commit
from data.warehouse.catalogue import has


class Stamp(NamedTuple):
    """The number of an event and its time, UTC without a zone, as the casebook keeps it."""

    number: int
    at: datetime


def stamp(con: duckdb.DuckDBPyConnection) -> Stamp:
    """The next event's stamp; call it inside the transaction that writes the event.

    The number orders events, never the time: clocks are set back, and two machines of an office need not agree on
    their zone. It is counted in a table and not by a sequence, so that what is rolled back leaves no gap.
    """
    number = con.execute(
        "insert into run.event_counter values (1, 1)"
        " on conflict (one) do update set last_number = last_number + 1 returning last_number"
    ).fetchall()[0][0]
    commit.keep(con, int(number))
    return Stamp(int(number), datetime.now(UTC).replace(tzinfo=None, microsecond=0))


def last(con: duckdb.DuckDBPyConnection) -> int:
    """The number of the last event that the warehouse holds."""
    return int(con.execute("select coalesce(max(last_number), 0) from run.event_counter").fetchall()[0][0])


#: Where events are kept: table, its time, its number; and what makes several rows one event, if anything does.
KEPT = (
    ("run.input_file", "loaded_at", "event_number", "loaded_at"),
    ("run.rejected", "dismissed_at", "dismissed_number", "dismissed_at"),
    ("run.run", "finished_at", "event_number", "rowid"),
    ("casebook.verdict", "imported_at", "event_number", "imported_at"),
    ("casebook.suppression", "made_at", "event_number", "rowid"),
)


def order(con: duckdb.DuckDBPyConnection, table: str) -> str:
    """The column that orders a table's events: in a warehouse from before, which is only read, their time."""
    time, number = next((time, number) for name, time, number, _ in KEPT if name == table)
    return number if has(con, table, number) else time


def number_old(con: duckdb.DuckDBPyConnection) -> int:
    """Number the events of a warehouse from before they had numbers, by their times, and turn those into UTC.

    Returns the last number. The times are the local ones of this machine: it is the one that wrote them.
    """
    listed = " union all ".join(
        f"select '{table}' as kept_in, cast({event} as varchar) as event, min({time}) as since from {table}"
        f" where {number} is null and {time} is not null group by 2"
        for table, time, number, event in KEPT
    )
    con.execute(
        f"""
        create or replace temp table old_event as
        select kept_in, event, row_number() over (order by since, kept_in, event)
            + coalesce((select max(last_number) from run.event_counter), 0) as number
        from ({listed}) as listed
        """
    )
    for table, time, number, event in KEPT:
        con.execute(
            f"""
            update {table} as t set {number} = o.number, {time} = (t.{time}::timestamptz) at time zone 'UTC'
            from old_event as o
            where o.kept_in = '{table}' and o.event = cast(t.{event} as varchar) and t.{number} is null
            """
        )
    con.execute(
        """
        insert into run.event_counter select 1, max(number) from old_event having max(number) is not null
        on conflict (one) do update set last_number = excluded.last_number
        """
    )
    con.execute("drop table old_event")
    return last(con)
