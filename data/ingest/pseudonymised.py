"""A copy of a delivery without what names a person: for those who test or help, and may not see who is who.

Numbers of persons become pseudonyms by a key, the same number the same one whichever month, table or spelling it stands
in, so that the copy joins as the delivery does. Codes of institutions and practitioners stay.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from data.contract import mapping
from data.contract.mapping import Field
from data.ingest import cells, labels, match, normalise, read
from data.ingest.delivery import Delivery
from data.ingest.find import find
from data.ingest.masked import CARD, MASK, NAMES
from data.ingest.pseudonym import HIDDEN, Pseudonyms
from data.ingest.words import worded
from data.warehouse.paths import escaped

#: Before the pseudonym: without a letter that is no hexadecimal digit, one of 30,000 would look like a damaged number.
LETTER = "P"
#: Numbers and places that are compared with each other, so they are pseudonyms too.
COMPARED = (*HIDDEN, "phone", "address")
MOBILE = r"(^|[^0-9])1[3-9][0-9]{9}([^0-9]|$)"
#: A told name that is a place's and nobody's.
PLACE = "院|店|所|站|房|堂|中心|室|部|科|公司"


@dataclass(frozen=True)
class Copied:
    """One content of the delivery and what became of it."""

    file: str
    name: str  # of the copy
    table: str
    rows: int
    replaced: tuple[str, ...]  # header cells
    left_out: tuple[str, ...]  # header cells that nobody knows
    lines_left: int  # labels, totals, and lines that could not be split: nobody knows what stands where in them
    unread: int  # numbers of persons that are damaged, empty in the copy


@dataclass(frozen=True)
class Copy:
    """The whole copy: its contents, and what of the delivery is not in it, with the reason."""

    contents: list[Copied]
    left: list[tuple[str, str]]


def write(
    folder: Path,
    target: Path,
    work: Path,
    key: Pseudonyms,
    names: mapping.Names,
    say: Callable[[str], None] = lambda _: None,
) -> Copy:
    """Write the copy of every table of the folder into `target`, one CSV a content.

    Raises InputRefused where the delivery cannot be read as it is.
    """
    found = find(folder, work, names)
    contents: list[Copied] = []
    numbers: dict[str, int] = {}
    for delivery in found.deliveries:
        source = delivery.table.source
        numbers[source] = numbers.get(source, 0) + 1
        name = f"{source}_{numbers[source]:03}.csv"
        with duckdb.connect() as con:
            con.execute(f"set temp_directory = '{escaped(work / 'spill')}'")
            contents.append(_one(con, delivery, target / name, work, key, names))
        say(f"{delivery.name}: {contents[-1].rows:,} rows as {name}")
    mended = [(part.name, "mended rejects hold rows as they were delivered") for part in found.mended]
    return Copy(contents, [*found.left, *mended])


def _one(
    con: duckdb.DuckDBPyConnection, delivery: Delivery, path: Path, work: Path, key: Pseudonyms, names: mapping.Names
) -> Copied:
    held = read.opened(con, delivery, work)
    held.fill(con)
    left = labels.find(con, delivery, names, cells.TEXTS)
    kept = [c for c in delivery.header if c in delivery.fields or c == delivery.updated]
    _copy(con, delivery, kept, key)
    replaced = tuple(c for c in kept if _is_replaced(delivery.fields.get(c), delivery))
    columns = ", ".join(map(_q, kept))
    con.execute(
        f"copy (select {columns} from copied order by row_place) to '{escaped(path)}'"
        " (format csv, header true, delimiter ',', quote '\"', escape '\"', nullstr '')"
    )
    path.chmod(0o600)
    rows, unread = con.execute("select count(*), coalesce(sum(unread), 0) from copied").fetchall()[0]
    foreign = tuple(c for c in delivery.header if c not in kept)
    return Copied(
        delivery.name, path.name, delivery.table.source, rows, replaced, foreign, sum(left.values()) + len(held.lost),
        int(unread),
    )  # fmt: skip


def _copy(con: duckdb.DuckDBPyConnection, delivery: Delivery, kept: Sequence[str], key: Pseudonyms) -> None:
    """Make the table `copied`: each cell as text, as it is compared, and as it may be seen, step by step."""
    fields = [delivery.fields.get(cell) for cell in kept]
    compared = {n: f for n, f in enumerate(fields) if f is not None and _is_compared(f, delivery)}
    texts = ", ".join(f"{normalise.text(cell)} as t{n}" for n, cell in enumerate(kept))
    values = [f"{normalise.typed(f't{n}', f) if f.kind == 'id' else f't{n}'} as v{n}" for n, f in compared.items()]
    keys = [f"{f'v{n}' if f.column == 'address' else normalise.id_key(f'v{n}')} as k{n}" for n, f in compared.items()]
    told = next((f"t{n}" for n, f in enumerate(fields) if f is not None and f.column == "subject_type"), "null")
    kind = worded(told, delivery.words["subject_type"]) if told != "null" else "cast(null as varchar)"
    shown = ", ".join(
        f"{_shown(n, f, delivery, key)} as {_q(c)}" for n, (c, f) in enumerate(zip(kept, fields, strict=True))
    )
    lost = " + ".join(f"cast(t{n} is not null and v{n} is null as integer)" for n in compared) or "0"
    con.execute(
        f"""
        create temp table copied as
        with texts as (
            select row_place, {texts} from {cells.TEXTS}
            where row_place not in (select row_place from {labels.LEFT})
        ),
        cleaned as (select {", ".join(["*", *values, f"{kind} as kind"])} from texts),
        keyed as (select {", ".join(["*", *keys])} from cleaned)
        select row_place, {lost} as unread, {shown} from keyed
        """
    )


def _shown(n: int, field: Field | None, delivery: Delivery, key: Pseudonyms) -> str:
    """SQL of what stands in the copy in place of the nth cell kept."""
    text, hidden = f"t{n}", f"'{LETTER}' || upper({key.sql(f'k{n}')})"
    if field is None:
        return text
    if field.column in COMPARED:
        return hidden
    if match.LISTS.get(delivery.table.target) == field.column:  # a tip or inspection names whom it is about
        is_number = f"regexp_full_match(k{n}, '[0-9]{{17}}[0-9X]')"
        return f"case when coalesce(kind = 'person', false) or {is_number} then {hidden} else {text} end"
    if field.column == "subject_name":
        return f"case when regexp_matches({text}, '{PLACE}') then {text} else {_short(text)} end"
    if field.column in ("person_name", *NAMES):
        return _short(text)
    if field.is_personal:
        return f"case when {text} is not null then '{MASK}' end"
    if field.kind == "text":
        plain = f"regexp_replace({text}, '{CARD}', '\\1{MASK}', 'g')"
        return f"regexp_replace({plain}, '{MOBILE}', '\\1{MASK}\\2', 'g')"
    return text


def _is_compared(field: Field, delivery: Delivery) -> bool:
    return field.column in COMPARED or match.LISTS.get(delivery.table.target) == field.column


def _short(text: str) -> str:
    return f"substr({text}, 1, 1) || '**'"


def _is_replaced(field: Field | None, delivery: Delivery) -> bool:
    return field is not None and (field.column in NAMES or field.is_personal or _is_compared(field, delivery))


def sentence(copy: Copy) -> str:
    """What was replaced and what was left out, in one sentence."""
    rows = sum(c.rows for c in copy.contents)
    unknown = sorted({f"{c.table}.{cell}" for c in copy.contents for cell in c.left_out})
    parts = [
        f"{len(copy.contents)} files with {rows:,} rows: numbers of persons, identity numbers, telephones and addresses"
        " are pseudonyms, the same by the same key; names keep their first character; numbers inside texts are masked;"
        " codes of institutions and practitioners stay"
    ]
    if unknown:
        parts.append(f"left out, because nobody knows what they hold: the columns {_listed(unknown)}")
    if lines := sum(c.lines_left for c in copy.contents):
        parts.append(f"{lines:,} lines that are no record left out")
    if unread := sum(c.unread for c in copy.contents):
        parts.append(f"{unread:,} damaged numbers are empty")
    if copy.left:
        parts.append(f"not copied: {_listed([name for name, _ in copy.left])}")
    return "; ".join(parts)


def _listed(names: Sequence[str]) -> str:
    most = 12
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _q(cell: str) -> str:
    return normalise.quoted(cell)
