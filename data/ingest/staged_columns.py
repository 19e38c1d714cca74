"""SQL of a content's typed columns, over its delivered texts, and of what is wrong with a cell."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from data.contract.mapping import Field
from data.ingest import match, normalise, remarks
from data.ingest.delivery import Delivery
from data.ingest.heading import unit_of
from data.ingest.pseudonym import Pseudonyms
from data.ingest.words import disagree, unknown_word, worded

EMPTY_KEY = "empty, and it names the row"
EMPTY_DAY = "empty, and it is a day that every row has"
EMPTY_ID = "empty, and it says whose the row is"
#: A line that is not settled yet names no settlement.
MAY_BE_EMPTY = {("fee_list_d", "setl_id")}


def columns(
    delivery: Delivery, by_column: dict[str, tuple[str, Field]], pseudonyms: Pseudonyms | None, odd: Collection[str]
) -> tuple[list[str], list[str]]:
    """SQL of the stage's columns, and of each cell's fault, over the delivered texts t_<column>."""
    values = {column: _value(delivery, field, odd) for column, (_, field) in by_column.items()}
    persons = match.columns(delivery.table, values, pseudonyms)
    selected, checks = [], []
    for field in delivery.table.fields:
        raw, value = f"t_{field.column}", values.get(field.column)
        if value is not None:
            if (fault := _fault(delivery, field, raw, value, odd)) is not None:
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
    ids_of = {f.source: f"t_{column}" for column, (_, f) in by_column.items() if f.kind == "id"}
    if (unseen := normalise.unseen(ids_of)) is not None:
        checks.append(unseen)
    if "person_id" in persons:
        checks.append(f"case when {persons['person_id']} is null then 'psn_no|{EMPTY_KEY}' end")
    if match.KEY in persons:
        selected.append(f"{persons[match.KEY]} as {match.KEY}")
    if "id_number" in {f.column for f in delivery.table.fields}:
        selected += normalise.implied("t_id_number" if "id_number" in by_column else None)
    return selected, checks


def _needed(delivery: Delivery, field: Field) -> str | None:
    """Why a row is none where the field is empty; None where it may be."""
    if not field.is_required or (delivery.table.source, field.source) in MAY_BE_EMPTY:
        return None
    if field.column in delivery.table.key:
        return EMPTY_KEY
    return {"date": EMPTY_DAY, "timestamp": EMPTY_DAY, "id": EMPTY_ID}.get(field.kind)


def _value(delivery: Delivery, field: Field, odd: Collection[str]) -> str:
    """SQL for the field's typed value, before anything is hidden."""
    raw = f"t_{field.column}"
    if field.kind == "word":
        return worded(raw, delivery.words[field.source])
    value = normalise.typed(raw, field, f"m_{field.column}", odd)
    cell = next((c for c, f in delivery.fields.items() if f.source == field.source), "")
    if field.kind == "share" and unit_of(cell) == "%":
        value = f"case when regexp_matches({raw}, '[%％]$') then {value} else {value} / 100 end"
    return remarks.coded(raw, value, delivery, field)


def _fault(delivery: Delivery, field: Field, raw: str, value: str, odd: Collection[str]) -> str | None:
    if field.kind == "word":
        return unknown_word(raw, value, delivery.words[field.source])
    if field.kind in ("code", "grade") and (own := delivery.words.get(field.source)):
        fault = normalise.fault(raw, value, field, odd=odd)
        return f"coalesce({disagree(raw, own)}, {fault or 'null'})"
    if field.kind == "id" and delivery.table.target in match.LISTS:  # an identity number may stand there, in groups
        field = replace(field, is_required=False)
    return normalise.fault(raw, value, field, f"m_{field.column}", odd)
