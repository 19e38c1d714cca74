"""What people decide, in the order in which it was decided: a number that only grows, and the time in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

import duckdb


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
    return Stamp(int(number), datetime.now(UTC).replace(tzinfo=None, microsecond=0))
