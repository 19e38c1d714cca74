"""Contents without a header that go on from one that has it: a second sheet, the second half of a file cut in two."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

from data.errors import InputRefused
from data.ingest.heading import is_row

if TYPE_CHECKING:
    from data.ingest.delivery import Delivery
    from data.ingest.unpack import Part

#: This share of the values must be what the columns of the other content hold.
FITS = 0.9
#: This share of the rows must have a key; totals and remarks stand among them.
NAMED = 0.8
#: A sheet as wide as the table beside it and at least so wide is no note; if its values do not fit, somebody must look.
WIDE = 8
TIME = r"'?\d{4}[-/.年]?\d{1,2}[-/.月]?\d{1,2}.*|'?[1-9]\d{4}(\.\d+)?"
NUMBER = r"'?[-+¥￥]?[0-9][0-9,]*(\.[0-9]+)?(e[-+]?[0-9]+)?元?"
#: What the values of a kind look like; texts and codes look like anything.
LOOKS = {"date": TIME, "timestamp": TIME} | dict.fromkeys(("money", "price", "quantity", "share", "count"), NUMBER)


def before(
    part: Part, rows: Sequence[Sequence[str | None]], deliveries: Sequence[Delivery]
) -> tuple[Delivery, int] | None:
    """The delivery whose rows go on in this content and the columns it lacks at the left, None where it is no part.

    Raises InputRefused for a sheet as wide as its neighbour that holds other values under no header, and for one of
    rows that lacks columns and does not show which.
    """
    for one in deliveries:
        if not _is_beside(part, one) or one.form != part.form or not one.lines:
            continue
        cells = [_cells(row, one) for row in rows]
        width = max((len(r) for r in cells), default=0)
        if width == len(one.header) and cells:
            if _fit(cells[:1], one) and _fit(cells, one):
                return one, 0
            if part.form == "grid" and width >= WIDE:
                raise InputRefused(
                    f"{part.name} has as many columns as {one.name} and no header, and its values are others. Give it a"
                    " header, or take the sheet out; nothing was loaded."
                )
        elif part.form == "grid" and WIDE <= width < len(one.header) and cells:
            if (left := _lacking_left(cells, one)) is not None:
                return one, left
            if sum(map(is_row, cells)) >= NAMED * len(cells):
                raise InputRefused(
                    f"{part.name} has no header and {width} columns, and {one.name} beside it has {len(one.header)}:"
                    " which of them are missing cannot be told. Give it a header, or take the sheet out; nothing was"
                    " loaded."
                )
    return None


def _lacking_left(cells: list[list[str]], one: Delivery) -> int | None:
    """How many empty columns a narrower sheet lost at its left edge, where the values fit in one place only."""
    lacks = len(one.header) - len(cells[0])
    places = []
    for left in range(lacks + 1):
        whole = [[*[""] * left, *row, *[""] * (lacks - left)] for row in cells]
        if _fit(whole[:1], one) and _fit(whole, one):
            places.append(left)
    return places[0] if len(places) == 1 else None


def refuse_alike(part: Part, rows: Sequence[Sequence[str | None]], deliveries: Sequence[Delivery]) -> None:
    """Raises InputRefused for a text without header whose rows are as another content's, wherever that lies.

    Whether they go on from it nobody has said; passed over they would be missing without a word.
    """
    for one in deliveries if part.form == "text" else ():
        if one.form != "text" or len(one.header) < WIDE or not one.lines:
            continue
        cells = [_cells(row, one) for row in rows]
        if cells and all(len(r) == len(one.header) for r in cells) and _fit(cells, one):
            raise InputRefused(
                f"{part.name} has no header, and its rows look like those of {one.name}. Put the header of the table on"
                " top of it, or take it out; nothing was loaded."
            )


def _is_beside(part: Part, one: Delivery) -> bool:
    """Whether the two lie together: sheets of one workbook, files of one folder that are called alike."""
    if part.form == "grid":
        return part.name.rpartition("!")[0] == one.name.rpartition("!")[0]
    folder = part.name.rpartition("/")[0] == one.name.rpartition("/")[0]
    return folder and _called(part.name) == _called(one.name)


def _called(name: str) -> str:
    """The name without what tells parts of one file from each other."""
    stem = name.rpartition("/")[2].partition(".")[0].lower()
    if re.match(r"part-([mr]-)?[0-9]{5}", stem):
        return "part"  # Spark and Hadoop put their own marks behind the number
    return re.sub(r"([\W_]*(part|p|第)?[\W_]*[0-9]*[\W_]*(页|年|月|日|号|期|部分)?)*$", "", stem)


def _cells(row: Sequence[str | None], one: Delivery) -> list[str]:
    if one.form == "grid":
        return [c or "" for c in row]
    return [c.strip().strip("\"'") for c in (row[0] or "").split(one.delimiter)]


def _half(value: str) -> str:
    return unicodedata.normalize("NFKC", value).strip()


def _fit(rows: list[list[str]], one: Delivery) -> bool:
    """Whether the rows hold what the columns of the other content hold."""
    seen = right = 0
    for place, cell in enumerate(one.header):
        field = one.fields.get(cell)
        look = LOOKS.get(field.kind) if field is not None else None
        if look is not None:
            values = [row[place] for row in rows if len(row) > place and row[place].strip()]
            seen += len(values)
            right += sum(1 for v in values if re.fullmatch(look, _half(v), re.IGNORECASE))
    keys = [i for i, c in enumerate(one.header) if c in one.fields and one.fields[c].column in one.table.key]
    named = sum(any(ch.isdigit() for ch in row[keys[0]]) for row in rows if keys and len(row) > keys[0])
    return bool(keys) and right >= FITS * seen and named >= NAMED * len(rows)
