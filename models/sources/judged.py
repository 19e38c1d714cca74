"""The table `judged`, which every source fills and nobody else declares: what was hit, what could not be judged and
why, how much is clear.

One row a hit and a thing it cannot judge, one row in all for what is clear, with `units` things each. A source gives
columns by name; those it leaves out are null. What is no column of the contract becomes the finding's detail.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import duckdb

if TYPE_CHECKING:
    import polars as pl

    from models.sources.card import Card

#: Whom and what a row is about.
KEYS = ("settlement_id", "line_id", "encounter_id", "person_id", "institution_id", "practitioner_id")
#: What every rule gives, in this order.
STANDARD = ("outcome", "reason", *KEYS, "occurred_on", "amount")
#: What a peer comparison gives besides; the sentences may name these, so they stand in the detail too.
PEERS = {
    "indicator": "varchar",
    "indicator_title": "varchar",
    "indicator_title_zh": "varchar",
    "unit": "varchar",  # ¥, % or nothing
    "own": "double",
    "usual": "double",  # at its peers
    "peers": "bigint",
    "percentile": "double",  # of its peers that lie below, 0 to 100
}
#: What a source may give besides: which of several reasons about one subject, how strongly it speaks in halvings above
#: its threshold, or as a weight from 0 to 1 outright, the group it found, how many things the row stands for.
ASIDE = {"part": "varchar", "strength": "double", "weight": "double", "group_key": "varchar", "units": "bigint"}
#: What a rule may say of a single row: that it is only `suspected` though its card says `definite` (a row never rises
#: above its card); the one of the card's subjects whom alone it implicates; what the funds paid of its amount, where
#: that is not its settlement's share.
ROW = {"certainty": "varchar", "implicates": "varchar", "fund_at_issue": "decimal(16, 2)"}
COLUMNS = (
    {name: "varchar" for name in STANDARD}
    | {"occurred_on": "date", "amount": "decimal(16, 2)", "detail": "varchar"}
    | PEERS
    | ASIDE
    | ROW
)
MEMBERS = {"group_key": "varchar", "person_id": "varchar", "share": "double"}


def make(con: duckdb.DuckDBPyConnection) -> None:
    """Make `judged` and `judged_member` (who belongs to a group, with which share of its deeds), both empty."""
    for table, columns in (("judged", COLUMNS), ("judged_member", MEMBERS)):
        declared = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        con.execute(f"create or replace temp table {table} ({declared})")


def add(
    con: duckdb.DuckDBPyConnection,
    query: str,
    values: Mapping[str, Any],
    card: Card,
    params: Mapping[str, Any],
) -> None:
    """Add a query's rows; `values` are its parameters, `params` the card's.

    Every hit's columns outside the contract are packed into its detail, in their order.
    """
    names = columns_of(con, query, values)
    if set(names) == set(MEMBERS):
        con.execute(f"insert into judged_member by name {query}", dict(values))
        return
    more, values = _derived(names, card), dict(values)
    if card.strength and card.strength.by in names and {"strength", "weight"}.isdisjoint(names):
        strength = f"(cast({card.strength.by} as double) - $strength_above) / $strength_halving"
        more.append(f"{strength} as strength")
        above = card.strength.above
        values |= {
            "strength_above": float(params[above] if isinstance(above, str) else above),
            "strength_halving": float(card.strength.halving),
        }
    kept = ", ".join([*(f'"{c}"' for c in names if c in COLUMNS and c != "units"), *more])
    con.execute(f"insert into judged by name select {kept} from ({query}) as answer", values)


def _derived(names: Collection[str], card: Card) -> list[str]:
    """The detail of a hit, and that a row stands for one thing where a query does not say, or `by name` left null."""
    by_column = {card.strength.by} if card.strength else set()
    packed = [c for c in names if c in PEERS or (c not in COLUMNS)]
    packed = [c for c in packed if c not in by_column or f"{{{c}}}" in card.sentence + card.sentence_zh]
    derived = []
    if packed and "detail" not in names:
        fields = ", ".join(f'"{c}" := "{c}"' for c in packed)
        hit = "outcome = 'hit'" if "outcome" in names else "true"
        derived.append(f"case when {hit} then cast(to_json(struct_pack({fields})) as varchar) end as detail")
    derived.append("coalesce(units, 1) as units" if "units" in names else "1 as units")
    return derived


def columns_of(con: duckdb.DuckDBPyConnection, query: str, params: Mapping[str, Any]) -> list[str]:
    """The names of a query's columns, without running it."""
    return [str(row[0]) for row in con.execute(f"describe {query}", dict(params)).fetchall()]


def count(con: duckdb.DuckDBPyConnection, clear: int, cannot: Mapping[str, int] | None = None) -> None:
    """Add how many things are clear and, by reason, how many cannot be judged."""
    rows = [("clear", None, clear), *(("cannot_judge", reason, n) for reason, n in (cannot or {}).items())]
    for outcome, why, units in rows:
        if units > 0:
            con.execute(
                "insert into judged by name select $outcome as outcome, $why as reason, $units as units",
                {"outcome": outcome, "why": why, "units": int(units)},
            )


@contextmanager
def lend(con: duckdb.DuckDBPyConnection, frames: Mapping[str, pl.DataFrame]) -> Iterator[None]:
    """The frames are tables of those names inside the block, and gone after it whatever happens."""
    lent: list[str] = []
    try:
        for name, frame in frames.items():
            con.register(name, frame.to_arrow())
            lent.append(name)
        yield
    finally:
        for name in lent:
            con.unregister(name)
