"""SQL of a content's typed columns, over its delivered texts, and of what is wrong with a cell."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from data.contract.mapping import UPDATE_TIME, Field
from data.ingest import match, normalise, remarks, usual
from data.ingest.delivery import Delivery
from data.ingest.heading import unit_of
from data.ingest.pseudonym import Pseudonyms
from data.ingest.words import disagree, unknown_word, whole_word, worded
from data.warehouse.paths import escaped

EMPTY_KEY = "empty, and it names the row"
EMPTY_DAY = "empty, and it is a day that every row has"
EMPTY_ID = "empty, and it says whose the row is"
#: Where a cell may hold the end of a line, for its text was written anew.
LINE_END = "line_end"
#: Ways of a content in whose usual ids a character may stand that nobody sees.
UNSEEN = {"tab", "nul", "invisible", LINE_END}
#: A line that is not settled yet names no settlement.
MAY_BE_EMPTY = {("fee_list_d", "setl_id")}


@dataclass(frozen=True)
class Columns:
    """SQL over the delivered texts t_<column>.

    `selected` are the stage's columns; each of `checks` gives 'FIELD|reason' where a cell is faulty,
    `odd_column` names a column read as usual whose cell is not.
    """

    selected: list[str]
    checks: list[str]
    odd_column: str


def columns(
    delivery: Delivery,
    by_column: dict[str, tuple[str, Field]],
    pseudonyms: Pseudonyms | None,
    ways: Collection[str],
    plain: Collection[str] = (),
) -> Columns:
    """How the cells become the stage's columns; those of the columns `plain` are read as usual (usual.py).

    `by_column` are the delivered cells and fields, that of the update time among them where there is one.
    """
    values = {c: _value(delivery, field, ways, c in plain) for c, (_, field) in by_column.items()}
    persons = match.columns(delivery.table, values, pseudonyms)
    selected, checks = [], []
    for field in delivery.table.fields:
        raw, value = f"t_{field.column}", values.get(field.column)
        if value is not None:
            if (fault := _fault(delivery, field, raw, value, ways, field.column in plain)) is not None:
                checks.append(f"'{field.source}|' || ({fault})")
            if field.column not in persons and (reason := _needed(delivery, field)) is not None:
                checks.append(f"case when {raw} is null then '{field.source}|{reason}' end")
            if pseudonyms and pseudonyms.hides(field):
                value = pseudonyms.sql(value)
            elif pseudonyms and field.column == "subject_id" and "subject_type" in by_column:
                value = pseudonyms.subject(value, "t_subject_type")
        else:
            value = f"cast(null as {normalise.TYPES.get(field.kind, 'varchar')})"
        selected.append(f"{persons.get(field.column, value)} as {field.column}")
    seen = plain if not UNSEEN & set(ways) else ()
    ids_of = {f.source: f"t_{c}" for c, (_, f) in by_column.items() if f.kind == "id" and c not in seen}
    if (unseen := normalise.unseen(ids_of)) is not None:
        checks.append(unseen)
    if "person_id" in persons:
        checks.append(f"case when {persons['person_id']} is null then 'psn_no|{EMPTY_KEY}' end")
    if match.KEY in persons:
        selected.append(f"{persons[match.KEY]} as {match.KEY}")
    if "id_number" in {f.column for f in delivery.table.fields}:
        selected += normalise.implied("t_id_number" if "id_number" in by_column else None)
    updated = UPDATE_TIME.column
    selected.append(f"{values.get(updated, 'cast(null as timestamp)')} as {updated}")
    if updated in values:
        fault = _fault(delivery, UPDATE_TIME, f"t_{updated}", values[updated], ways, updated in plain)
        checks += [f"'{escaped(by_column[updated][0])}|' || ({fault})"] if fault is not None else []
    return Columns(selected, checks, _odd_column(by_column, values, ways, plain))


def _odd_column(
    by_column: dict[str, tuple[str, Field]], values: dict[str, str], ways: Collection[str], plain: Collection[str]
) -> str:
    """SQL: the first of the columns `plain` whose cell is not usual, null where all are."""
    fields = [(c, field) for c, (_, field) in by_column.items() if c in plain]
    conditions = [(c, usual.odd(f"t_{c}", field, values[c], f"m_{c}", ways)) for c, field in fields]
    branches = [f"when {condition} then '{c}'" for c, condition in conditions if condition is not None]
    return f"case {' '.join(branches)} end" if branches else "cast(null as varchar)"


def _needed(delivery: Delivery, field: Field) -> str | None:
    """Why a row is none where the field is empty; None where it may be."""
    if not field.is_required or (delivery.table.source, field.source) in MAY_BE_EMPTY:
        return None
    if field.column in delivery.table.key:
        return EMPTY_KEY
    return {"date": EMPTY_DAY, "timestamp": EMPTY_DAY, "id": EMPTY_ID}.get(field.kind)


def _value(delivery: Delivery, field: Field, ways: Collection[str], is_usual: bool) -> str:
    """SQL for the field's typed value, before anything is hidden."""
    raw = f"t_{field.column}"
    if field.kind == "word":
        return (whole_word if is_usual else worded)(raw, delivery.words[field.source])
    typed = usual.typed if is_usual else normalise.typed
    value = typed(raw, field, f"m_{field.column}", ways)
    cell = next((c for c, f in delivery.fields.items() if f.source == field.source), "")
    if field.kind == "share" and unit_of(cell) == "%":
        value = f"case when regexp_matches({raw}, '[%％]$') then {value} else {value} / 100 end"
    return value if is_usual else remarks.coded(raw, value, delivery, field)


def _fault(delivery: Delivery, field: Field, raw: str, value: str, ways: Collection[str], is_usual: bool) -> str | None:
    if is_usual:
        return usual.fault(raw, value, field, ways)
    if field.kind == "word":
        return unknown_word(raw, value, delivery.words[field.source])
    if field.kind in ("code", "grade") and (own := delivery.words.get(field.source)):
        fault = normalise.fault(raw, value, field, odd=ways)
        return f"coalesce({disagree(raw, own)}, {fault or 'null'})"
    if field.kind == "id" and delivery.table.target in match.LISTS:  # an identity number may stand there, in groups
        field = replace(field, is_required=False)
    return normalise.fault(raw, value, field, f"m_{field.column}", ways)
