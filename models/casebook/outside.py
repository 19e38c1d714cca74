"""Leads from outside come in: tips, hand-downs, the platform's suspicions, other departments' rows.

A row is appended once, whatever file brings it. What it says of who gave it is taken out before anything is kept, but
for casebook.informant, which nothing that writes a file, a list, a log or a page reads.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from data.errors import InputRefused, UsageError
from data.ingest import Pseudonyms, normalise
from data.warehouse import events
from data.warehouse.connection import frame, has, transaction
from models.casebook import words
from models.casebook.case_words import spoken, value
from models.casebook.case_words import words as case_words
from models.casebook.handed import Form, Handed

FOLDER = Path(__file__).parent
FORM = Form(
    "outside",
    "leads from outside",
    (("subject_id", "subject_name", "person_id", "id_number"), ("content", "rule", "own_number", "received_on")),
)
INFORMANT = ("informant_name", "informant_phone", "informant_id", "informant_address")
#: Texts in which a name may stand that must not be kept beside the tip.
FREE = ("channel", "rule", "content", "office")
#: What a header gives away of the kind of its file.
TELLING = {
    "tip": ("举报", "投诉", "信访", "tip_id"),
    "hand_down": ("交办", "督办", "下发"),
    "platform": ("疑点", "规则"),
}
Witness = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True)
class Plan:
    """What a file would do: `rows` with state (new, known, refused) and why; the hash of the file it came in."""

    name: str
    kind: str
    rows: pl.DataFrame
    ignored: tuple[str, ...]
    file_hash: str

    def of(self, state: str) -> pl.DataFrame:
        """The rows that are new, known or refused."""
        return self.rows.filter(pl.col("state") == state)

    @property
    def counts(self) -> dict[str, int]:
        """How many rows are new, known and refused."""
        return {state: self.of(state).height for state in ("new", "known", "refused")}


def version(con: duckdb.DuckDBPyConnection) -> str:
    """Hash of what was handed in and placed; empty where nothing was."""
    if not has(con, "casebook.outside_lead"):
        return ""
    rows = con.execute(
        "select content_hash, outside_id from casebook.outside_lead union all"
        " select cast(number as varchar), outside_id from casebook.outside_event where act = 'place' order by all"
    ).fetchall()
    return hashlib.sha256(repr(rows).encode()).hexdigest()[:16] if rows else ""


def kind_of(handed: Handed, given: str | None) -> str:
    """The kind of a file's leads, as said or as its header tells. Raises UsageError where neither does."""
    if given:
        return value("outside", given)
    for kind, marks in TELLING.items():
        if any(mark in header for header in handed.headers for mark in marks):
            return kind
    raise UsageError(f"Nothing in {handed.name} says what kind of leads it holds. Say it with --kind: {_offered()}.")


def plan(
    con: duckdb.DuckDBPyConnection,
    handed: Handed,
    kind: str,
    office: str | None,
    received_on: date | None,
    today: date,
    pseudonyms: Pseudonyms | None = None,
) -> Plan:
    """Resolve every row; writes nothing but temporary tables. `office`, `received_on` stand where a row has none."""
    typed = handed.typed(con, FORM)
    rows = _hidden(con, typed.with_columns(office=pl.col("office").fill_null(pl.lit(office, pl.String))))
    con.register("typed_frame", rows)
    con.execute("create or replace temp table handed_row as select * from typed_frame")
    con.unregister("typed_frame")
    _kinds(con)
    _persons(con, pseudonyms)
    query = (FOLDER / "outside_plan.sql").read_text(encoding="utf-8")
    planned = frame(con, query, {"kind": kind, "received": received_on, "today": today})
    # a fault quotes its cell, and the cell may hold what must not be shown
    return Plan(handed.name, kind, planned.with_columns(why=masked(pl.col("why"))), handed.ignored, handed.file_hash)


def append(con: duckdb.DuckDBPyConnection, made: Plan, witness: Witness) -> int:
    """Append the new rows and who gave them, all or nothing; gives how many."""
    new = made.of("new")
    if not new.height:
        return 0
    with transaction(con):
        stamp = events.stamp(con)
        rows = new.with_columns(
            number=pl.lit(stamp.number), written_at=pl.lit(stamp.at), file_hash=pl.lit(made.file_hash)
        )
        for table in ("outside_lead", "informant"):
            names = [r[0] for r in con.execute(f"describe casebook.{table}").fetchall()]
            given = rows.rename({"informant_name": "name", "informant_phone": "phone", "informant_address": "address"})
            if table == "informant":
                given = given.drop("content").rename({"informant_id": "id_number", "whole_content": "content"})
                given = given.filter(
                    pl.any_horizontal(pl.col("name", "phone", "id_number", "address", "content").is_not_null())
                )
            con.register("new_rows", given.select(names))
            con.execute(f"insert into casebook.{table} by name select * from new_rows")
            con.unregister("new_rows")
        witness({"kind": made.kind, "sha256": made.file_hash, **made.counts})
    return new.height


def feedback(con: duckdb.DuckDBPyConnection, tip_id: str, text: str, on: date, witness: Witness) -> bool:
    """Write that an answer was given; False where the very same was written before."""
    tip = there(con, tip_id)
    if on > date.today():
        raise UsageError(f"--on {on} has not come yet. Give the day of the answer.")
    if tip["received_on"] is not None and on < tip["received_on"]:
        raise UsageError(f"{tip_id} came on {tip['received_on']}; it was not answered on {on}.")
    same = con.execute(
        "select 1 from casebook.outside_event where outside_id = $id and act = 'feedback' and acted_on = $on"
        " and text = $text",
        {"id": tip_id, "on": on, "text": text},
    ).fetchall()
    if same:
        return False
    _event(con, tip_id, on, "feedback", witness, text=text)
    return True


def place(
    con: duckdb.DuckDBPyConnection, tip_id: str, subject_type: str, subject_id: str, on: date, witness: Witness
) -> None:
    """Say whom a lead from outside is about; the next ranking follows it."""
    there(con, tip_id)
    column = {"practitioner": "practitioner_id", "person": "person_id"}.get(subject_type, "institution_id")
    table = {"practitioner": "practitioner", "person": "person"}.get(subject_type, "institution")
    if subject_type not in ("institution", "pharmacy", "practitioner", "person"):
        raise UsageError(f"A lead cannot be about '{subject_type}'; use institution, pharmacy, practitioner or person.")
    if (
        not has(con, f"feature.{table}")
        or not con.execute(f"select 1 from feature.{table} where {column} = $id", {"id": subject_id}).fetchall()
    ):
        raise UsageError(f"The record knows no {subject_type} {subject_id}. Take the code from tips_unmatched.csv.")
    _event(con, tip_id, on, "place", witness, subject_type=subject_type, subject_id=subject_id)


def listed(con: duckdb.DuckDBPyConnection, on: date | None = None, before: int | None = None) -> pl.DataFrame:
    """Every lead from outside: where it stands, what is owed until when, what was confirmed on it.

    `on`: the day for what is overdue; `before`: without what people did from an event on.
    """
    query = (FOLDER / "outside_list.sql").read_text(encoding="utf-8")
    return frame(con, query, {"on": on, "before": before}).with_columns(content=masked(pl.col("content")))


def there(con: duckdb.DuckDBPyConnection, tip_id: str) -> dict[str, Any]:
    """A lead from outside. Raises UsageError where none has this number."""
    rows = frame(con, "select tip_id, kind, received_on from casebook.heard_tip where tip_id = $id", {"id": tip_id})
    if not rows.height:
        raise UsageError(f"There is no tip or other lead from outside {tip_id}. See `fundwatch tip list`.")
    return rows.row(0, named=True)


def masked(text: pl.Expr) -> pl.Expr:
    """The text without what would tell who gave a tip."""
    from models.ranking import tip_words

    return tip_words.masked(text)


def _event(con: duckdb.DuckDBPyConnection, tip_id: str, on: date, act: str, witness: Witness, **values: Any) -> None:
    with transaction(con):
        stamp = events.stamp(con)
        row = {"number": stamp.number, "written_at": stamp.at, "outside_id": tip_id, "acted_on": on, "act": act}
        row |= values
        named = ", ".join(f"${column}" for column in row)
        con.execute(f"insert into casebook.outside_event ({', '.join(row)}) values ({named})", row)
        witness({"act": act, "on": str(on)})


def _hidden(con: duckdb.DuckDBPyConnection, rows: pl.DataFrame) -> pl.DataFrame:
    """The free texts without the informant's own words; `whole_content` is what was handed in, where it differs."""
    columns = []
    for column in FREE:
        text = column
        for given in INFORMANT:
            # a single character is no name, and taking it out would leave nothing to read
            text = f"case when length({given}) >= 2 then replace({text}, {given}, '***') else {text} end"
        columns.append(f"{text} as {column}")
    con.register("open_frame", rows)
    hidden = frame(con, f"select * replace ({', '.join(columns)}), content as whole_content from open_frame")
    con.unregister("open_frame")
    hidden = hidden.with_columns(masked(pl.col(column)) for column in FREE)
    differs = pl.col("whole_content").ne_missing(pl.col("content"))
    return hidden.with_columns(whole_content=pl.when(differs).then("whole_content"))


def _kinds(con: duckdb.DuckDBPyConnection) -> None:
    """Temporary tables of words: subject_word, and outside_word for the kinds of leads."""
    words.prepare(con)
    pairs = pl.DataFrame(list(case_words("outside").items()), schema=["word", "kind"], orient="row")
    con.register("word_frame", pairs)
    con.execute("create or replace temp table outside_word as select * from word_frame")
    con.unregister("word_frame")


def _persons(con: duckdb.DuckDBPyConnection, pseudonyms: Pseudonyms | None) -> None:
    """Temporary handed_person: row_number and the person its number or identity number means, as it is kept."""

    def hide(text: str) -> str:
        return pseudonyms.sql(text) if pseudonyms else text

    con.execute(
        f"""
        create or replace temp table handed_person as
        with given as (
            select row_number, {hide("coalesce(person_id, id_number)")} as as_given,
                {hide(normalise.id_key("coalesce(id_number, person_id)"))} as id_key
            from handed_row where coalesce(person_id, id_number) is not null
        ),
        card as (
            select id_key, min(person_id) as person_id from record.person_identity
            where id_key in (select id_key from given) and person_id is not null
            group by id_key having count(distinct person_id) = 1
        )
        select g.row_number, coalesce(c.person_id, g.as_given) as person_id
        from given as g left join card as c on c.id_key = g.id_key
        """
    )


def _offered() -> str:
    return ", ".join(f"{v} ({zh})" for v, zh in spoken("outside").items())


def refuse_all(made: Plan) -> None:
    """Raises InputRefused where no row of the file could be taken."""
    if made.counts["refused"] == made.rows.height:
        raise InputRefused(f"No row of {made.name} could be taken; the reasons are above.")
