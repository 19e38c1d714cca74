"""Where a table's header is and how its lines are written: titles above, two lines for one header, empty columns."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from data.contract import mapping

DELIMITERS = (",", "\t", "|", ";", "\x01", "^", "~")
#: What else parts cells where programs fear that values hold the usual ones; longer ones first.
RARE = (
    *("@|@", "|!|", "#|#", "$|$", "^|^", "~|~", "|+|", "!@#", "||", "@@", "$$", "##", "^^", "&&", "::", "|@", "@|"),
    *("\x1e", "\x1f", "\x1c", "\x1d", "\x02", "\x03", "\x05", "þ", "§", "¦", "‖", "，", "｜", "；"),
    *("!", "#", "$", "&", "*", "@", ":"),
)
#: Stands for a rare mark where the standard reader takes one character only.
ONE = "\x1f"
#: Lines among which the header is looked for.
WITHIN = 40
#: A row with fewer known cells is no header, where another line may be one.
LEAST = 2
#: Cells with figures in a row; a title has a year or a period.
FIGURES = 4
#: This share of the filled cells stands between apostrophes: that is how the file was written.
ENCLOSED = 0.6
LINE = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True)
class Heading:
    """How a content is written: its header (one name a column), the lines up to it and with it, what closes a value."""

    header: tuple[str, ...]
    lines: int = 1  # physical lines of a text, rows of a grid
    above: int = 0  # filled lines above the header
    known: int = 0  # cells that name a field of the table
    delimiter: str = ","
    quote: str = '"'
    rows_above: int = 0  # lines above the header that look like rows of the table
    unit: str = ""  # of amounts, other than the yuan, as a line above the header says
    says: tuple[str, ...] = ()  # the lines above the header


NONE = Heading((), known=-1)


def of_text(head: str, named: mapping.Table | None, names: mapping.Names) -> Heading:
    """The heading under which the first lines of a text name most fields."""
    lines = LINE.split(head)[: WITHIN + 2]
    best = NONE
    for delimiter in DELIMITERS:
        if any(delimiter in line for line in lines) or delimiter == ",":
            header = _best(list(_rows(lines, delimiter)), named, names)
            if header is not None and header.known > best.known:
                best = replace(header, delimiter=delimiter)
    for mark in RARE:
        if (len(mark) > 1 or best.known < LEAST) and any(mark in line for line in lines):
            header = _best(list(_rows([line.replace(mark, ONE) for line in lines], ONE)), named, names)
            if header is not None and _says_more(header, best):
                best = replace(header, delimiter=mark)
    quote = "'" if _is_enclosed(lines[best.lines :], best.delimiter) else '"'
    return replace(best, quote=quote, unit=_unit(lines[: best.lines]), says=tuple(lines[: best.lines - 1]))


def _says_more(one: Heading, other: Heading) -> bool:
    """Whether the header names more, or as much and nothing beside it: of a@|@b the mark is not the | alone."""
    return (one.known, -len(one.header)) > (max(other.known, LEAST - 1), -len(other.header))


#: A unit of money that is not the yuan.
UNITS = "(万元|千元|百元|十元|亿元|百万元|角|分|美元|港币|港元)"


def _unit(lines: Collection[str]) -> str:
    """The unit of amounts that lines above the header name."""
    matches = [re.search(rf"单位\s*[:：]?\s*(人民币)?\s*[(（]?{UNITS}(?=$|[^\w])", line) for line in lines]
    return next((m[2] for m in matches if m is not None), "")


def unit_of(cell: str) -> str:
    """The unit in brackets behind a column's name, where it is not the yuan: 医疗费总额(万元), 自付比例(%)."""
    match = re.search(rf"[(（\[](单位[:：])?(人民币)?({UNITS}|%|％|‰)[)）\]]\s*$", cell)
    return match[3].replace("％", "%") if match is not None else ""


def of_rows(rows: Sequence[Sequence[str | None]], named: mapping.Table | None, names: mapping.Names) -> Heading:
    """The heading of a grid, by its first rows."""
    found = _best([(i, [c or "" for c in row]) for i, row in enumerate(rows[:WITHIN], 1)], named, names)
    if found is None:
        return NONE
    says = tuple(" ".join(c for c in row if c) for row in rows[: found.lines - 1])
    return replace(found, unit=_unit([c or "" for row in rows[: found.lines] for c in row]), says=says)


def _rows(lines: list[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """(lines up to its end, cells) of each row; a cell may go over lines."""
    reader = csv.reader([line + "\n" for line in lines], delimiter=delimiter)
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error:
        return


def _best(rows: list[tuple[int, list[str]]], named: mapping.Table | None, names: mapping.Names) -> Heading | None:
    best: Heading | None = None
    above = rows_above = 0
    for place, (end, cells) in enumerate(rows[:WITHIN]):
        if not any(c.strip() for c in cells):
            continue
        known = _known(cells, named, names)
        header, lines = cells, end
        if place + 1 < len(rows):
            both = _merged(cells, rows[place + 1][1], named, names)
            more = _known(both, named, names) if both is not None else 0
            if both is not None and more > max(known, _known(rows[place + 1][1], named, names)):
                header, lines, known = both, rows[place + 1][0], more
        if best is None or (known > best.known and known >= LEAST):
            best = Heading(unique(header, named, names), lines, above, known, rows_above=rows_above)
        above += 1
        rows_above += is_row(cells)
    return best


def is_row(cells: Sequence[str]) -> bool:
    """Whether a line looks like a row of a table and not like a title: several cells that hold figures."""
    return sum(any(c.isdigit() for c in cell) for cell in cells) >= FIGURES


def _known(cells: Sequence[str], named: mapping.Table | None, names: mapping.Names) -> int:
    table = named or names.guess(tuple(cells))
    return len(names.match(table, cells)) if table is not None else 0


def _merged(upper: list[str], lower: list[str], named: mapping.Table | None, names: mapping.Names) -> list[str] | None:
    """One header of two lines: a merged cell above stands over several cells below it. None where below are values."""
    filled = [c for c in lower if c.strip()]
    if not filled or any(re.fullmatch(r"[\W\d]*\d[\W\d]*", c) for c in filled) or len(lower) != len(upper):
        return None
    tables = [named] if named is not None else list(mapping.tables().values())
    best: tuple[int, list[str]] | None = None
    for table in tables:
        over, cells = "", []
        for high, low in zip(upper, lower, strict=True):
            over = high.strip() or over
            wanted = (low, over + low, high) if low.strip() else (high,)
            cells.append(next((c for c in wanted if c.strip() and names.match(table, [c])), low.strip() or high))
        known = len(names.match(table, cells))
        if best is None or known > best[0]:
            best = (known, cells)
    return best[1] if best else None


def unique(cells: Sequence[str], named: mapping.Table | None, names: mapping.Names) -> tuple[str, ...]:
    """One name a column: cells without a name and strangers of the same name get one by their place.

    A field that is named twice keeps both: whether they say the same, their values show.
    """
    table = named or names.guess(tuple(cells))
    fields = names.match(table, cells) if table is not None else {}
    taken: set[str] = set()
    header = []
    for place, cell in enumerate(cells, 1):
        name = " ".join(cell.split()) if cell not in fields else cell
        if cell in fields and name.casefold() in taken:
            name = f"{name}({place})"  # what stands in brackets is no part of a name
        elif not name or name.casefold() in taken:
            name = f"{name or 'column'}_{place}"
        taken.add(name.casefold())
        header.append(name)
    return tuple(header)


def is_unnamed(cell: str) -> bool:
    """Whether the column had no name of its own."""
    return re.fullmatch(r"column_\d+", cell) is not None


def _is_enclosed(lines: Collection[str], delimiter: str) -> bool:
    cells = [c.strip() for line in lines for c in line.split(delimiter) if c.strip()]
    closed = [c for c in cells if len(c) > 1 and c[0] == c[-1] == "'"]
    return len(cells) > 0 and len(closed) > ENCLOSED * len(cells)
