"""Compute again only the settlements that a delivery touched, for features that say they allow it.

A feature whose header says `-- Incremental by: settlement_id` has rows that depend on the record's rows of one
settlement, on its refunds and on its feature.settlement row, and on nothing else. When only the record grew, its
rows of other settlements stay. The result is the same as a full build, row for row.
"""

from __future__ import annotations

import duckdb
import sqlglot
from sqlglot import exp

PREVIOUS, CHANGED, READ = "previous_settlement", "changed_settlement", "changed_settlement_read"
DEPENDS_ON = (
    "settlement_id, care_setting, is_pharmacy, fund_rate, is_family_money, refunded_amount, repeats_settlement_id,"
    " started_on, ended_on"
)


def remember(con: duckdb.DuckDBPyConnection) -> None:
    """Keep what feature.settlement said before it is built again."""
    con.execute(f"create or replace temp table {PREVIOUS} as select {DEPENDS_ON} from feature.settlement")


def compare(con: duckdb.DuckDBPyConnection) -> int:
    """Settlements whose lines must be computed again; returns how many.

    Those delivered since the last build, those their refunds reverse, and those that feature.settlement sees
    differently. What is read for them includes the lines of their refunds.
    """
    con.execute(
        f"""
        create or replace temp table {CHANGED} as
        select settlement_id from run.touched_settlement
        union
        select settlement_id from feature.refund
        where settlement_id is not null and refund_id in (select settlement_id from run.touched_settlement)
        union
        select settlement_id from (
            (select {DEPENDS_ON} from feature.settlement except select {DEPENDS_ON} from {PREVIOUS})
            union all
            (select {DEPENDS_ON} from {PREVIOUS} except select {DEPENDS_ON} from feature.settlement)
        ) as differing
        """
    )
    con.execute(
        f"""
        create or replace temp table {READ} as
        select settlement_id from {CHANGED}
        union
        select refund_id from feature.refund where settlement_id in (select settlement_id from {CHANGED})
        """
    )
    return int(con.execute(f"select count(*) from {CHANGED}").fetchall()[0][0])


def apply(con: duckdb.DuckDBPyConnection, table: str, query: str) -> None:
    """Replace the changed settlements' rows of a feature table."""
    con.execute(f"delete from {table} where settlement_id in (select settlement_id from {CHANGED})")
    con.execute(f"insert into {table} by name {narrowed(query)}")


def narrowed(query: str) -> str:
    """The query with record.fee_line and feature.settlement cut to the changed settlements."""
    cut = {"record.fee_line": READ, "feature.settlement": CHANGED}
    tree = sqlglot.parse_one(query, read="duckdb")
    for table in list(tree.find_all(exp.Table)):
        name = f"{table.db}.{table.name}"
        if name in cut:
            inner = f"(select * from {name} where settlement_id in (select settlement_id from {cut[name]}))"
            table.replace(
                sqlglot.parse_one(f"select 1 from {inner} as {table.alias_or_name}", read="duckdb").find(exp.Subquery)
            )
    return tree.sql("duckdb")
