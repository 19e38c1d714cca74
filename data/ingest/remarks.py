"""What is read another way than it stands, and said: invisible characters, days that mean none, words for codes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import duckdb

from data.contract.mapping import Field
from data.ingest import moments, normalise
from data.ingest.delivery import Delivery
from data.ingest.words import worded

if TYPE_CHECKING:
    from data.ingest.cells import Cells

INVISIBLE = "[\x01-\x08\x0b\x0c\x0e-\x1f\x7f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
#: Words said of one field; more are counted.
MOST_WORDS = 12


def visible(con: duckdb.DuckDBPyConnection, delivery: Delivery, texts: str) -> list[str]:
    """Take invisible characters out of the delivered texts, which nobody who looks at them can see; says so."""
    names = [normalise.quoted(cell) for cell in delivery.header]
    held = " + ".join(f"cast(coalesce(regexp_matches({n}, '{INVISIBLE}'), false) as integer)" for n in names)
    cells = int(con.execute(f"select coalesce(sum({held}), 0) from {texts}").fetchall()[0][0])
    if not cells:
        return []
    seen = ", ".join(f"nullif(regexp_replace({n}, '{INVISIBLE}', '', 'g'), '') as {n}" for n in names)
    con.execute(f"create or replace temp table {texts} as select row_place, {seen} from {texts}")
    return [f"{cells:,} cells hold invisible characters, taken out"]


EXAMPLE = "&#21407;"
GARBLED = r"\?{3,}|&#[0-9]+;|&#x[0-9a-fA-F]+;|锟斤拷|\x{fffd}|[\x{e000}-\x{f8ff}]"


def garbled(con: duckdb.DuckDBPyConnection, delivery: Delivery, held: Cells) -> list[str]:
    """Names and texts whose letters a program on their way did not know; ids with such letters are rejected."""
    if not {"garbled", "unreadable"} & held.odd:
        return []
    texts = {" ".join(c.split()): normalise.quoted(c) for c, f in delivery.fields.items() if f.kind == "text"}
    garbles = {cell: f"regexp_matches({sql}, '{GARBLED}')" for cell, sql in texts.items()}
    return [
        f"{cell}: {count:,} rows hold letters that were lost in another encoding, such as ??? or {EXAMPLE}"
        for cell, count in counted_rows(con, garbles, held.source)
    ]


def counted_rows(con: duckdb.DuckDBPyConnection, conditions: Mapping[str, str], source: str) -> list[tuple[str, int]]:
    """The conditions' names with how many rows of the source meet each, without those that none does."""
    if not conditions:
        return []
    counts = ", ".join(f"count_if({sql})" for sql in conditions.values())
    rows = con.execute(f"select {counts} from {source}").fetchall()[0]
    return [(name, count) for name, count in zip(conditions, rows, strict=True) if count]


def counted(delivery: Delivery, plain: Collection[str] = ()) -> str:
    """SQL: how many cells of a row mean no day, or hold a word for a code that nobody knows; none of `plain` does."""
    marked = _no_days(delivery) | _strangers(delivery)
    parts = [f"cast({sql} as integer)" for column, sql in marked.items() if column not in plain]
    return " + ".join(parts) or "0"


def coded(raw: str, value: str, delivery: Delivery, field: Field) -> str:
    """SQL for the value of a code that offices also write as a word; a word that nobody knows stands as it is."""
    words = delivery.words.get(field.source)
    if not words or field.kind not in ("code", "grade"):
        return value
    code = f"coalesce({worded(raw, words)}, {value})"
    return f"case when strlen({raw}) = length({raw}) then {value} else {code} end"


def said(con: duckdb.DuckDBPyConnection, delivery: Delivery, stage: str, texts: str) -> list[str]:
    """A sentence for each field in which a day was read as none or a word is unknown, with the number of rows."""
    if not con.execute(f"select 1 from {stage} where remarks > 0 limit 1").fetchall():
        return []
    cells = {f.column: (cell, f) for cell, f in delivery.fields.items()}
    named = [f"{normalise.text(cell)} as t_{column}" for column, (cell, _) in cells.items()]
    local = {c: normalise.moment(f"t_{c}", f) for c, (_, f) in cells.items()}
    moment_columns = "".join(f", {sql} as m_{c}" for c, sql in local.items() if sql is not None)
    rows = f"(select *{moment_columns} from (select {', '.join(named)} from {texts} where row_place in"
    rows += f" (select row_place from {stage} where remarks > 0)))"
    notes = []
    for column, sql in _no_days(delivery).items():
        count, example = con.execute(f"select count(*), min(t_{column}) from {rows} where {sql}").fetchall()[0]
        if count:
            notes.append(f"{cells[column][0]}: {count:,} rows hold {example} or the like, read as no day")
    for column, sql in _strangers(delivery).items():
        counts_of_word = con.execute(
            f"select t_{column}, count(*) from {rows} where {sql} group by all order by 2 desc, 1"
        ).fetchall()
        if counts_of_word:
            listed = ", ".join(f"{word} ({count:,})" for word, count in counts_of_word[:MOST_WORDS])
            more = f" and {len(counts_of_word) - MOST_WORDS} more" if len(counts_of_word) > MOST_WORDS else ""
            notes.append(
                f"{cells[column][0]}: words for no known code, read as they stand: {listed}{more}; name their codes in"
                " mappings/*.csv"
            )
    return notes


def _no_days(delivery: Delivery) -> dict[str, str]:
    """Column -> SQL, over t_<column> and m_<column>: whether an optional day means that there is none."""
    optional = (f for f in delivery.fields.values() if f.kind in ("date", "timestamp") and not f.is_required)
    return {f.column: moments.none(f"m_{f.column}", f"t_{f.column}", f.column == "birth_on") for f in optional}


def _strangers(delivery: Delivery) -> dict[str, str]:
    """Column -> SQL over t_<column>: whether a code is written as a word that nobody knows."""
    fields = [f for f in delivery.fields.values() if f.kind in ("code", "grade") and delivery.words.get(f.source)]
    places = {  # a code of the place where somebody is insured, written as its name: he would be from elsewhere
        f.column: f"regexp_matches(t_{f.column}, '{normalise.HAN}')"
        for f in delivery.fields.values()
        if f.column.endswith("_division") and not delivery.words.get(f.source)
    }
    return places | {
        # a case, for a conjunction would ask every row for its words
        f.column: f"case when strlen(t_{f.column}) <> length(t_{f.column})"
        f" then {worded(f't_{f.column}', delivery.words[f.source])} is null else false end"
        for f in fields
    }
