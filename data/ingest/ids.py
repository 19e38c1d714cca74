"""Ids that name two, ids that have lost digits, and service codes that have lost their zeros."""

from __future__ import annotations

import duckdb

from data.contract.mapping import Table
from data.errors import InputRefused
from data.ingest import shapes
from data.ingest.delivery import Delivery

#: Keys that name one piece of business, and what says whose it is, where and when: a corrected row may differ in one of
#: these, not in two.
OF_ONE = {
    "settlement": ("person_id", "institution_id", "started_on"),
    "encounter": ("person_id", "institution_id", "cast(started_at as date)"),
    "fee_line": ("person_id", "institution_id", "cast(charged_at as date)"),
}
#: Where a number comes again with the other sign it is a reversal, not a newer version: amount, what else differs.
REVERSED = {"settlement": ("total_amount", "s.is_refund is distinct from r.is_refund"), "fee_line": ("amount", "true")}
#: Digits that spreadsheets and floats keep; what comes after them is zeros.
KEPT = 15
#: Zeros in a row of the sampled ids that chance does not bring.
BEYOND_CHANCE = 6
SAMPLE = 5_000
#: National service codes have 15 digits and begin with 00 and a chapter, 1 to 4.
SERVICE, WITHOUT_ZEROS = "00[1-4][0-9]{12}", "[1-4][0-9]{12}"


def find(con: duckdb.DuckDBPyConnection, delivery: Delivery, stage: str, table_of_stage: str) -> list[str]:
    """Mark staged rows whose id names two, restore service codes without their zeros, in the table behind the stage.

    What there is to say of others is returned. Raises InputRefused where the ids of a column have all lost their last
    digits.
    """
    notes: list[str] = []
    _refuse_rounded(con, delivery, stage)
    _restore(con, delivery, table_of_stage)
    shapes.mark(con, delivery, stage, table_of_stage)
    table = delivery.table
    collide(con, table, stage)
    # A register holds a row a version (a doctor's two names, a renewed contract): there the last one stands.
    if table.target in OF_ONE and con.execute("select 1 from stage_colliding limit 1").fetchall():
        _mark_shared_key(con, table, stage, table_of_stage)
        if table.target in REVERSED:
            _mark_reversal(con, table, stage, table_of_stage)
        _mark_contradiction(con, table, stage, table_of_stage)
    elif table.target not in OF_ONE:
        notes += _versions(con, delivery, stage)
    if {"person_id", "id_number", "person_name"} <= {f.column for f in delivery.fields.values()}:
        _mark_shared_person(con, delivery, table_of_stage)
    return notes


def _versions(con: duckdb.DuckDBPyConnection, delivery: Delivery, stage: str) -> list[str]:
    """Rows of a register with one key that say different things, and no update time says which is newer."""
    table = delivery.table
    key, columns = ", ".join(table.key), ", ".join(f.column for f in table.kept)
    count, row = con.execute(
        f"""
        with version as (
            select {key}, updated_at, hash({columns}) as content, row_place from {stage}
            where bad is null and row_place in (select row_place from stage_colliding)
        ),
        twofold as (
            select min(row_place) as row_place from version group by {key}
            having count(distinct content) > greatest(1, count(distinct updated_at))
        )
        select count(*), min(row_place) + 1 from twofold
        """
    ).fetchall()[0]
    if not count:
        return []
    named = ", ".join(f.source for f in table.fields if f.column in table.key)
    return [
        f"{count:,} {'keys have' if count > 1 else 'key has'} several rows that say different things ({named}, first in"
        f" data row {row}); of each the last row stands"
    ]


def _refuse_rounded(con: duckdb.DuckDBPyConnection, delivery: Delivery, stage: str) -> None:
    """Ids of a number cell keep 15 digits: 519925000000002283 becomes 519925000000002000, and so do its neighbours."""
    for cell, field in delivery.fields.items():
        if field.kind != "id" or field.is_personal:
            continue
        ids = (
            f"(select distinct {field.column} as id from {stage} where length({field.column}) > {KEPT} limit {SAMPLE})"
        )
        count, zeros, rounded, example = con.execute(
            f"""
            select count(*), coalesce(sum(length(id) - {KEPT}), 0),
                count_if(regexp_full_match(id, '[0-9]{{{KEPT}}}0+')), min(id)
            from {ids}
            """
        ).fetchall()[0]
        if count and rounded == count and zeros >= BEYOND_CHANCE:
            raise InputRefused(
                f"{delivery.name}: {cell} has lost its digits after the fifteenth, {example} for instance: its cells"
                " were numbers. Export the ids as text and deliver it again; nothing was loaded."
            )


def _restore(con: duckdb.DuckDBPyConnection, delivery: Delivery, stage: str) -> None:
    """Give service codes their two zeros back where the content has none that kept them."""
    for column in ("item_code", "catalogue_code"):
        if column not in {f.column for f in delivery.fields.values()}:
            continue
        short, whole = con.execute(
            f"select count_if(regexp_full_match({column}, '{WITHOUT_ZEROS}')),"
            f" count_if(regexp_full_match({column}, '{SERVICE}')) from"
            f" (select distinct {column} from {stage} where length({column}) between 13 and 15)"
        ).fetchall()[0]
        if short and not whole:
            con.execute(
                f"update {stage} set {column} = '00' || {column}"
                f" where length({column}) = 13 and regexp_full_match({column}, '{WITHOUT_ZEROS}')"
            )


def collide(con: duckdb.DuckDBPyConnection, table: Table, stage: str) -> None:
    """stage_colliding: the staged rows (row_place) whose key stands elsewhere in the content or in the record.

    Only these are compared with others: a year of fee lines has hardly any.
    """
    keys = f"hash({', '.join(table.key)})"
    con.execute(
        f"""
        create or replace temp table stage_colliding as
        select row_place from {stage}
        where {keys} in (select {keys} from {stage} group by 1 having count(*) > 1)
            or {keys} in (select {keys} from record.{table.target})
        """
    )


def _mark_shared_key(con: duckdb.DuckDBPyConnection, table: Table, stage: str, table_of_stage: str) -> None:
    """One number for two pieces of business: neither is a newer version of the other."""
    key = ", ".join(table.key)
    facts = ", ".join(f"{sql} as fact{place}" for place, sql in enumerate(OF_ONE[table.target]))
    keys = f"hash({key})"
    name = next(f.source for f in table.fields if f.column == table.key[-1])
    differing = " + ".join(
        f"cast(count(distinct fact{place}) > 1 as integer)" for place in range(len(OF_ONE[table.target]))
    )
    con.execute(
        f"""
        create or replace temp table stage_shared as
        with candidate as (
            select row_place, {key}, {facts} from {stage}
            where bad is null and row_place in (select row_place from stage_colliding)
        ),
        version as (
            from candidate
            union all
            select null, {key}, {facts} from record.{table.target} where {keys} in (select {keys} from candidate)
        ),
        shared as (select {key} from version group by {key} having {differing} > 1)
        select c.row_place from candidate as c join shared using ({key})
        """
    )
    if con.execute("select 1 from stage_shared limit 1").fetchall():
        con.execute(
            f"update {table_of_stage} set bad = '{name}|the number of two, which differ in person, place or day'"
            " where stage_place(rowid) in (select row_place from stage_shared)"
        )


def _mark_reversal(con: duckdb.DuckDBPyConnection, table: Table, stage: str, table_of_stage: str) -> None:
    """A refund under the number of its bill: if it took the bill's place, the money would count as paid backwards.

    Where update times say that the bill became the refund, it did.
    """
    amount, differs = REVERSED[table.target]
    key = ", ".join(table.key)
    name = next(f.source for f in table.fields if f.column == table.key[-1])
    con.execute(
        f"""
        update {table_of_stage} set bad = '{name}|{REVERSAL}'
        where bad is null and stage_place(rowid) in (
            select s.row_place
            from {stage} as s join record.{table.target} as r using ({key})
            where s.row_place in (select row_place from stage_colliding)
                and sign(s.{amount}) * sign(r.{amount}) < 0 and {differs}
                and (s.updated_at is null or r.updated_at is null or s.updated_at = r.updated_at)
        )
        """
    )


REVERSAL = "the number of a bill that stands, with the other sign: a reversal needs a number of its own"
CONTRADICTION = "the number of several rows that say different things, and no update time says which stands"


def _mark_contradiction(con: duckdb.DuckDBPyConnection, table: Table, stage: str, table_of_stage: str) -> None:
    """Rows of one content with one key that say different things: which of them is right, their order does not say."""
    key = ", ".join(table.key)
    columns = ", ".join(f.column for f in table.kept)
    name = next(f.source for f in table.fields if f.column == table.key[-1])
    con.execute(
        f"""
        create or replace temp table stage_contradiction as
        with version as (
            select row_place, {key}, updated_at, hash({columns}) as content from {stage}
            where bad is null and row_place in (select row_place from stage_colliding)
        ),
        newest as (select *, max(updated_at) over (partition by {key}) as newest_at from version)
        select row_place from newest
        qualify count(distinct case when updated_at is null or updated_at = newest_at then content end)
            over (partition by {key}) > 1
        """
    )
    if con.execute("select 1 from stage_contradiction limit 1").fetchall():
        con.execute(
            f"update {table_of_stage} set bad = '{name}|{CONTRADICTION}'"
            " where stage_place(rowid) in (select row_place from stage_contradiction)"
        )


def _mark_shared_person(con: duckdb.DuckDBPyConnection, delivery: Delivery, stage: str) -> None:
    """One person number with two names and two identity numbers: whose business it is, nobody can tell."""
    name = next(f.source for f in delivery.table.fields if f.column == "person_id")
    con.execute(
        f"""
        update {stage} set bad = '{name}|the number of two persons, with two names and two identity numbers'
        where bad is null and person_id in (
            select person_id from (
                select person_id, id_number, person_name from {stage} where bad is null
                union all
                select person_id, id_number, person_name from record.person_identity
                where person_id in (select person_id from {stage})
            ) as versions
            where id_number is not null and person_name is not null
            group by person_id having count(distinct id_number) > 1 and count(distinct person_name) > 1
        )
        """
    )
