"""Cells written in the usual form, typed by one cast; a content with any other is read again, form by form.

What an office may write is known by long expressions (normalise, numbers, moments), which cost more to plan than a
small file to read. Nearly every content needs none of them. A cell that is usual means the same either way, and has the
same faults; the tests hold the two against each other.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from data.contract.mapping import Field
from data.ingest import moments, normalise
from data.ingest.normalise import EMPTY_AMOUNT, NO_SHARE, TYPES

#: Rows at the top that say which columns are worth the try.
SAMPLE = 40
NUMBERS = ("money", "price", "quantity", "share", "degree", "count")
MOMENTS = ("date", "timestamp")


def columns(
    by_column: Mapping[str, tuple[str, Field]],
    rows: Iterable[Sequence[str | None]],
    words: Mapping[str, Mapping[str, str]],
) -> frozenset[str]:
    """The columns whose cells are usual in the first rows; a row's cells stand in the order of `by_column`.

    `words` are those that stand for codes, by national field.
    """
    cells = list(zip(*rows, strict=True)) or [()] * len(by_column)
    return frozenset(
        column
        for (column, (_, field)), texts in zip(by_column.items(), cells, strict=True)
        if all(_is_usual(text, field, words.get(field.source, {})) for text in texts if text is not None)
    )


def _is_usual(text: str, field: Field, words: Mapping[str, str]) -> bool:
    match field.kind:
        case "date" | "timestamp":
            return re.fullmatch(r"(19|20)\d\d-\d\d-\d\d( \d\d:\d\d:\d\d)?", text) is not None
        case "flag":
            return text in ("0", "1")
        case "sex":
            return text in ("1", "2", "9")
        case "id":
            return re.fullmatch(r"[0-9A-Z_-]+", text) is not None
        case "code" | "grade":
            return text.isascii()
        case "word":
            return text in words or text in words.values()
        case "text":
            return True
        case kind if kind in NUMBERS:
            return re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text) is not None
        case _:
            return False


def moment(raw: str, field: Field) -> str | None:
    """SQL for the local time of a usual text; None for a field of another kind."""
    return moments.usual(raw) if field.kind in MOMENTS else None


def typed(raw: str, field: Field, local: str, ways: Collection[str]) -> str:
    """SQL that turns a usual text into the field's type.

    `local` is a column that holds `moment`; `ways` is what of survey.ODD the content may hold, here and below.
    """
    match field.kind:
        case "date":
            return f"cast({local} as date)"
        case "timestamp":
            return local
        case "flag":
            return f"case {raw} when '0' then false when '1' then true end"
        case "count":
            return f"try_cast(try_cast({raw} as decimal(16,4)) as integer)"
        case kind if kind in NUMBERS:
            return f"try_cast({raw} as {TYPES[kind]})"
        case "id" if not field.is_required:
            return f"case when {normalise.names_nothing(raw)} then null else {raw} end"
        case "id" | "sex":
            return raw
        case _:
            return normalise.typed(raw, field, local, ways)


def odd(raw: str, field: Field, value: str, local: str, ways: Collection[str]) -> str | None:
    """SQL: whether the text is not usual, so that its content has to be read the long way; None where all are."""
    match field.kind:
        case "date" | "timestamp":
            # what stands for no day lies outside these years, or is the epoch's first; people were born on that
            is_day = f"{local} >= timestamp '1901-01-01' and {local} < timestamp '2090-01-01'"
            if field.column != "birth_on":
                is_day += f" and cast({local} as date) <> date '1970-01-01'"
            return f"{raw} is not null and not coalesce({is_day}, false)"
        case "sex":
            return f"{raw} <> all (['1', '2', '9'])"
        case "id":
            return " or ".join(_odd_id(raw, field, ways))
        case "code" | "grade":
            return f"strlen({raw}) <> length({raw})"
        case "text":
            return None
        case _:
            power = f" or contains({raw}, 'E+')" if field.kind in NUMBERS and "plus" in ways else ""
            return f"({raw} is not null and {value} is null){power}"


def _odd_id(raw: str, field: Field, ways: Collection[str]) -> list[str]:
    marks = [f"'{mark}'" for mark in ",. "]
    marks += [sql for way, sql in (("plus", "'+'"), ("hash", "'#'"), ("apostrophe", "''''")) if way in ways]
    marks += ["chr(0)"] if "nul" in ways else []
    parts = [f"strlen({raw}) <> length({raw})", *(f"contains({raw}, {mark})" for mark in marks)]
    if normalise.national(field) is not None:
        parts.append(f"{raw} <> upper({raw})")
    return parts


def fault(raw: str, value: str, field: Field, ways: Collection[str]) -> str | None:
    """SQL: what may still be wrong with a usual cell, null where nothing is; None where nothing can be."""
    match field.kind:
        case "share":
            return f"case when abs({value} - 0.5) > 0.5 then '{NO_SHARE}' end"
        case "money" if field.is_required:
            return f"case when {raw} is null then '{EMPTY_AMOUNT}' end"
        case "code" | "grade":
            return normalise.fault(raw, value, field, odd=ways)
        case _:
            return None
