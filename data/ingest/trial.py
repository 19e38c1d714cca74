"""Look at the lists of other departments before anything is loaded: whom they would mean, what would be refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb

from data.contract.mapping import Names
from data.errors import InputRefused
from data.ingest import match, read, staged_rows
from data.ingest.delivery import Delivery
from data.ingest.load import identities, load
from data.ingest.normalise import UNKNOWN_WORD
from data.ingest.pseudonym import Pseudonyms
from data.warehouse.connection import FILE_NAME, ddl
from data.warehouse.paths import escaped

Line = tuple[str, str, str]  # what, ok | off | bad, sentence


def lists(
    deliveries: Sequence[Delivery], home: Path, work: Path, pseudonyms: Pseudonyms | None, names: Names | None = None
) -> Iterator[Line]:
    """One line a list of the delivery and kind of row: how many rows mean nobody; one a word that is not known.

    The persons are those of the delivery and of HOME; nothing is written there.
    """
    brought = [d for d in deliveries if d.table.target in match.LISTS]
    if not brought:
        return
    with duckdb.connect() as con:
        con.execute(ddl())
        con.execute(f"set temp_directory = '{escaped(work / 'spill')}'")
        _persons_of(con, home)
        persons = [d for d in deliveries if d.table.target in (*match.PERSONS, *PLACES)]
        for delivery in [*persons, *brought]:
            try:
                staged = read.stage(con, delivery, work, pseudonyms, names)
            except InputRefused as error:
                yield delivery.name, "bad", str(error)
                continue
            if delivery.table.target in match.LISTS:
                load(con, delivery, "", "", staged)
            else:
                _persons_in(con, delivery)
        match.settle(con)
        yield from _lines(con)


#: Whom tips and inspections may be about beside persons.
PLACES = {"hospital": "institution_id", "pharmacy": "institution_id", "practitioner": "practitioner_id"}


def _persons_of(con: duckdb.DuckDBPyConnection, home: Path) -> None:
    """The persons and places that HOME's record knows, where it can be read."""
    if not (home / FILE_NAME).exists():
        return
    try:
        con.execute(f"attach '{escaped(home / FILE_NAME)}' as held (read_only)")
    except duckdb.Error:
        return  # somebody writes it; the line on HOME says so
    for table in match.PERSONS:
        con.execute(
            f"insert into record.person (person_id) select distinct person_id from held.record.{table}"
            " where person_id is not null"
        )
    for table, column in PLACES.items():
        con.execute(f"insert into record.{table} ({column}) select distinct {column} from held.record.{table}")
    con.execute(
        "insert into record.hospital (institution_id) select distinct institution_id from held.record.settlement"
        " where institution_id is not null"
    )
    con.execute(
        "insert into record.person_identity (person_id, id_number)"
        " select distinct person_id, id_number from held.record.person_identity where id_number is not null"
    )
    con.execute("detach held")


def _persons_in(con: duckdb.DuckDBPyConnection, delivery: Delivery) -> None:
    """The persons and places that one delivered table names, from the stage."""
    table = delivery.table
    if column := PLACES.get(table.target):
        con.execute(f"insert into record.{table.target} ({column}) select distinct {column} from {staged_rows.STAGE}")
        return
    con.execute(
        f"insert into record.person (person_id) select distinct person_id from {staged_rows.STAGE}"
        " where person_id is not null"
    )
    if "id_number" in {f.column for f in table.fields}:
        identities(con, table)
    if table.target == "settlement":
        con.execute(
            f"insert into record.hospital (institution_id) select distinct institution_id from {staged_rows.STAGE}"
            " where institution_id is not null"
        )


def _lines(con: duckdb.DuckDBPyConnection) -> Iterator[Line]:
    for source, kind, rows, nobody, is_lost in con.execute(
        "select *, sum(unmatched) over (partition by source_table) = sum(delivered) over (partition by source_table)"
        " from record.list_match order by all"
    ).fetchall():
        if nobody == rows:
            state = "bad" if is_lost else "off"
            yield source, state, f"{kind}: none of {rows:,} rows means anybody of the record; it can judge nothing"
        elif nobody:
            yield source, "off", f"{kind}: {nobody:,} of {rows:,} rows mean nobody of the record"
        else:
            yield source, "ok", f"{kind}: all {rows:,} rows mean somebody of the record"
    for file, reason, rows in con.execute(
        f"select file, reason, count(*) from run.rejected where starts_with(reason, '{UNKNOWN_WORD}') group by all"
        " order by 3 desc, 2"
    ).fetchall():
        yield file, "off", f"{rows:,} rows would be rejected: {reason}"
