"""Whom the lists of other departments mean: by person number or by identity number, and how many mean nobody.

A department writes what it has: the platform's person number, or an identity number of 15 or 18 digits under either
heading. The record's own persons decide: what is a person number of theirs stands, what is the identity number of
exactly one of them becomes that person. A number that several persons share names none of them.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from data.contract import mapping
from data.contract.mapping import Table
from data.ingest import normalise
from data.ingest.pseudonym import Pseudonyms
from data.ingest.words import worded

#: Stage column: the identity number as it is compared, hidden where pseudonyms are on.
KEY = "id_key"
#: Lists of other departments: table -> the column that names whom a row means.
LISTS = {"person_status": "person_id", "tip": "subject_id", "inspection_result": "subject_id"}
#: The list whose rows are about persons only; those that mean nobody are kept aside, for no rule to read.
STATUS, ASIDE = "person_status", "record.person_status_unmatched"
#: Tables that say who is a person of the record.
PERSONS = ("person", "enrolment", "settlement", "encounter")


def columns(table: Table, values: Mapping[str, str], pseudonyms: Pseudonyms | None) -> dict[str, str]:
    """SQL of the stage's columns that name persons in ways of their own, by column; `values`: typed values."""

    def hide(value: str) -> str:
        return pseudonyms.sql(value) if pseudonyms else value

    card = normalise.id_key("t_id_number") if "id_number" in values else "cast(null as varchar)"
    if table.target == STATUS:
        number = values.get("person_id", "cast(null as varchar)")
        other = normalise.id_key("t_person_id") if "person_id" in values else "cast(null as varchar)"
        return {"person_id": hide(f"coalesce({number}, {card})"), KEY: hide(f"coalesce({card}, {other})")}
    if table.target in LISTS:  # a list of places by name has neither code nor kind
        nothing = "cast(null as varchar)"
        subject, kind = values.get("subject_id", nothing), values.get("subject_type", nothing)
        hidden = f"case when {kind} = 'person' then {hide(subject)} else {subject} end"
        number = normalise.id_key("t_subject_id") if "subject_id" in values else nothing
        return {"subject_id": hidden if pseudonyms else subject, KEY: hide(number)}
    return {KEY: hide(card)} if "id_number" in {f.column for f in table.fields} else {}


#: The identity number as it is compared; a warehouse from before has none, but what it has may serve.
CARD = f"coalesce(id_key, {normalise.id_key('id_number')})"


def staged(con: duckdb.DuckDBPyConnection, target: str, stage: str) -> None:
    """Give the stage of a list the persons' own numbers, and keep what was given for those who come later."""
    column = LISTS[target]
    con.execute(
        f"""
        insert into record.person_given
        select distinct {column}, {KEY} from {stage} where {KEY} is not null and {column} is not null
        except select given, id_key from record.person_given
        """
    )
    if target == STATUS:
        _bring_back(con)
    _name(con, stage, column)


def settle(con: duckdb.DuckDBPyConnection) -> None:
    """After a delivery: look again for whom the record's lists mean, put aside what means nobody, and count it."""
    _bring_back(con)
    for target, column in LISTS.items():
        _name(con, f"record.{target}", column)
    _once(con)
    _put_aside(con)
    _count(con)


def catch_up(con: duckdb.DuckDBPyConnection, words: Mapping[tuple[str, str], Mapping[str, str]]) -> None:
    """Read the lists that an earlier version loaded as it found them; what was built from them is built again."""
    rows = " union all ".join(f"select 1 from record.{target}" for target in LISTS)
    lacking = f"select 1 from ({rows}) as listed where not exists (select 1 from record.list_match) limit 1"
    if not con.execute(lacking).fetchall():
        return
    for table in mapping.tables().values():
        if table.target in LISTS:
            for field in table.fields:
                if field.kind == "word":
                    code = worded(field.column, words[table.source, field.source])
                    con.execute(f"update record.{table.target} set {field.column} = coalesce({code}, {field.column})")
    settle(con)
    con.execute("delete from run.step where step = 'features' or starts_with(step, 'feature.')")


def _name(con: duckdb.DuckDBPyConnection, where: str, column: str) -> None:
    """Replace identity numbers by the number of the one person who has it."""
    _know(con, f"select {column} from {where}")
    is_stranger = f"{column} is not null and {column} not in (select id from list_known)"
    if not con.execute(f"select 1 from {where} where {is_stranger} limit 1").fetchall():
        return
    con.execute(
        f"""
        create or replace temp table list_person as
        with stranger as (
            select distinct {column} as given from {where}
            where {is_stranger}
        ),
        meant as (
            select k.given, k.id_key from record.person_given as k where k.given in (select given from stranger)
            union select given, given from stranger
            union select given, {normalise.id_key("given")} from stranger
        ),
        card as (
            select distinct person_id, {CARD} as id_key from record.person_identity
            where exists (select 1 from stranger) and person_id is not null
        )
        select m.given, min(c.person_id) as person_id
        from meant as m join card as c on c.id_key = m.id_key
        group by m.given having count(distinct c.person_id) = 1
        """
    )
    con.execute(f"update {where} as l set {column} = p.person_id from list_person as p where p.given = l.{column}")


def _know(con: duckdb.DuckDBPyConnection, ids: str) -> None:
    """list_known: which of the ids are a person's, a place's or a practitioner's of the record."""
    owners = [("person", t, "person_id") for t in PERSONS]
    owners += [("place", t, "institution_id") for t in ("hospital", "pharmacy", "settlement")]
    owners += [("practitioner", "practitioner", "practitioner_id")]
    found = " union ".join(
        f"select '{kind}' as kind, {column} as id from record.{table} where {column} in (select id from list_id)"
        for kind, table, column in owners
    )
    con.execute(
        f"create or replace temp table list_id as select distinct id from ({ids}) as l (id) where id is not null"
    )
    con.execute(f"create or replace temp table list_known as {found}")


def _bring_back(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(f"insert into record.{STATUS} by name select * from {ASIDE}")
    con.execute(f"delete from {ASIDE}")


def _once(con: duckdb.DuckDBPyConnection) -> None:
    """One row a key: a person named by two numbers may stand twice in the lists."""
    key = ", ".join(next(t for t in mapping.tables().values() if t.target == STATUS).key)
    con.execute(
        f"""
        delete from record.{STATUS} where rowid in (
            select rowid from record.{STATUS}
            qualify row_number() over (
                partition by {key} order by updated_at desc nulls last, file_id, row_number
            ) > 1
        )
        """
    )


def _put_aside(con: duckdb.DuckDBPyConnection) -> None:
    _know(con, f"select person_id from record.{STATUS}")
    stranger = "person_id not in (select id from list_known where kind = 'person')"
    con.execute(f"insert into {ASIDE} by name select * from record.{STATUS} where {stranger}")
    con.execute(f"delete from record.{STATUS} where {stranger}")


def _count(con: duckdb.DuckDBPyConnection) -> None:
    """record.list_match: of each list and kind, the rows and how many mean nobody of the record."""
    _know(con, "select subject_id from record.tip union all select subject_id from record.inspection_result")
    con.execute("delete from record.list_match")
    con.execute(
        f"""
        insert into record.list_match
        with status as (
            select status_type, 0 as is_aside from record.{STATUS}
            union all select status_type, 1 from {ASIDE}
        ),
        subject as (
            select 'tip_d' as source_table, subject_type, subject_id from record.tip
            union all select 'insp_result_d', subject_type, subject_id from record.inspection_result
        ),
        about as (
            select s.source_table, s.subject_type, case when k.id is null then 1 else 0 end as is_nobody
            from subject as s
            left join list_known as k on k.id = s.subject_id
                and (k.kind = s.subject_type or k.kind = 'place' and s.subject_type in ('institution', 'pharmacy'))
            where s.subject_type in ('institution', 'pharmacy', 'practitioner', 'person')
        )
        select 'psn_status_d', status_type, count(*), sum(is_aside) from status group by status_type
        union all
        select source_table, subject_type, count(*), sum(is_nobody) from about group by source_table, subject_type
        """
    )
