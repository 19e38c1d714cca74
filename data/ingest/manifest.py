"""Files beside the tables that say how many rows a table has, what they add up to, or what its checksum is.

setl_d.ok, control.csv, 核对表.xlsx, setl_d.csv.md5: whoever exported wrote them so that somebody compares.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from data.contract import mapping
from data.errors import InputRefused
from data.ingest import small
from data.ingest.controls import COUNTS, ROWS, Control, decimal, slack, together
from data.ingest.stray import CONTROLS
from data.ingest.unpack import READABLE, Part

if TYPE_CHECKING:
    from data.ingest.delivery import Delivery

#: Longer ones are no list of files.
MOST_BYTES = 1 << 20
CHECKSUMS = {32: "md5", 40: "sha1", 56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}
CHECKSUM = re.compile(
    r"(?<![0-9A-Za-z])([0-9a-fA-F]{128}|[0-9a-fA-F]{96}|[0-9a-fA-F]{64}|[0-9a-fA-F]{56}|[0-9a-fA-F]{40}|[0-9a-fA-F]{32})"
    r"(?![0-9A-Za-z])"
)
#: How rows are counted: exactly, or with the header where lines are.
EXACT = re.compile(r"记录数|条数|笔数|数据量|总数|records?|rec_?cnt|row_?count|count|cnt|total_?rows", re.IGNORECASE)
LINES = re.compile(r"行数|rows?|lines?", re.IGNORECASE)
AMOUNTS = re.compile(r"金额|合计|总额|费用|sum|amount|amt", re.IGNORECASE)
NAMED = re.compile(r"([\w一-鿿]+)\s*[:：=]\s*(-?[0-9][0-9,]*(?:\.[0-9]+)?)(?![0-9.])")
NUMBER = re.compile(r"(?<![\w.,:/-])-?[0-9][0-9,]*(?:\.[0-9]+)?(?![\w.:/-])")
#: 20250331, 202503, 20250331101500, 2025: a day, a month or a year.
DATE = re.compile(r"(19|20)[0-9]{2}((0[1-9]|1[0-2])([0-3][0-9]([0-9]{4}|[0-9]{6})?)?)?")
FILE = re.compile(rf"[^\s,;|*=()（）]+({'|'.join(re.escape(e) for e in READABLE)})(?![\w.])", re.IGNORECASE)


@dataclass(frozen=True)
class Compared:
    """What of a delivery was read, by content, and all names that came."""

    folder: Path
    controls: Mapping[str, tuple[Delivery, Control | None]]  # name -> what it holds; None where it was loaded before
    others: Collection[str] = ()
    names: mapping.Names = field(default_factory=mapping.names)

    def meant(self, text: str) -> tuple[str, list[str]]:
        """The longest name of a file or table that stands in a text, and the contents that it means."""
        best = ""
        contents: list[str] = []
        for name, (delivery, _) in self.controls.items():
            for called in self._called(name, delivery):
                if len(called) >= max(2, len(best)) and _stands_in(called, text):
                    contents = [*contents, name] if called == best else [name]
                    best = called
        return best, list(dict.fromkeys(contents))

    def beside(self, name: str) -> Compared:
        """The same of the contents that lie in one folder or archive with a file, where any does."""
        inside = name[: max(name.rfind("/"), name.rfind("!")) + 1]
        near = {n: control for n, control in self.controls.items() if n.startswith(inside)}
        return replace(self, controls=near) if near else self

    @staticmethod
    def _called(name: str, delivery: Delivery) -> set[str]:
        """What the content, its file, its archive and its table are called."""
        paths = {name, name.partition("!")[0], name.rpartition("!")[2]}
        bases = {PurePosixPath(p).name.lower() for p in paths}
        stems = {_stem(b) for b in bases}
        return {p.lower() for p in paths} | bases | stems | {delivery.table.source.lower(), delivery.table.name_zh}


#: Of some contents: what numbers of a kind are called, and the numbers.
Statements = dict[tuple[tuple[str, ...], str, bool], list[Decimal]]


def refuse(parts: Sequence[Part], compared: Compared, say: Callable[[str], None]) -> None:
    """Hold every statement of such files against what was read. Raises InputRefused where the two differ."""
    for part in parts:
        beside = compared.beside(part.name)
        statements: Statements = {}
        lines = list(_lines(part))
        agreed = sum(_gather(part, line, len(lines) == 1, beside, statements) for line in lines)
        for (contents, label, is_amount), numbers in statements.items():
            agreed += _holds(part, label, is_amount, numbers, contents, beside)
        if agreed:
            say(f"{part.name}: compared with what was read, and all of it is so ({agreed:,})")
        else:
            say(f"{part.name}: nothing in it counts a table, left alone")


Line = tuple[str, list[str], list[str]]  # its text, its cells, the labels of their columns


def _lines(part: Part) -> Iterator[Line]:
    """Each line as text and cells, with the labels of its columns where a line above has them."""
    try:
        if part.path.stat().st_size > MOST_BYTES:
            return
        rows = small.rows(part) if part.form in ("grid", "parquet") else _text_rows(part)
    except (InputRefused, OSError):
        return
    labels: list[str] = []
    for cells in rows:
        text = " ".join(c for c in cells if c)
        is_header = len(cells) > 1 and not re.search(r"[0-9]{2}|\s[0-9]", text) and _is_labelled(cells)
        if is_header:
            labels = cells
        elif text.strip():
            yield text, cells, labels if len(labels) == len(cells) else []


def _text_rows(part: Part) -> list[list[str]]:
    from data import texts

    lines = texts.plain(part.path.read_bytes()).splitlines()
    mark = max("\t|;,", key=lambda m: sum(m in line for line in lines))
    return [[c.strip().strip('"') for c in line.split(mark)] for line in lines if line.strip()]


def _is_labelled(cells: Sequence[str]) -> bool:
    return any(EXACT.search(c) or LINES.search(c) or AMOUNTS.search(c) for c in cells)


def _gather(part: Part, line: Line, is_alone: bool, compared: Compared, statements: Statements) -> int:
    """Put what a line says into `statements`; 1 where it has the right checksum of a file.

    A line that names nothing speaks of what its file is called after, if it `is_alone` or says what it counts.
    """
    text, cells, labels = line
    called, contents = compared.meant(text.lower())
    is_own = not contents
    if is_own:
        own = CONTROLS.sub("", PurePosixPath(part.name.rpartition("!")[2]).name.lower())
        called, contents = compared.meant(own)
        missing = FILE.search(text)
        if missing and not contents and _says_anything(text[: missing.start()] + text[missing.end() :]):
            _refuse_missing(part, missing[0], compared)
    if not contents:
        return 0
    agreed = 0
    if match := CHECKSUM.search(text):
        agreed += _checksum(part, match[0].lower(), called, contents, compared)
        text = text.replace(match[0], " ")
    place = text.lower().find(called)
    rest = text if place < 0 else text[:place] + " " + text[place + len(called) :]
    for label, number, is_amount in _numbers(rest, cells, labels):
        if label or not is_own or (is_alone and number > 1):  # 1 in a file of its own is a flag
            statements.setdefault((tuple(contents), label, is_amount), []).append(number)
    return agreed


def _numbers(rest: str, cells: Sequence[str], labels: Sequence[str]) -> Iterator[tuple[str, Decimal, bool]]:
    """The numbers of a line with what they are called, empty where nothing calls them anything; whether of money."""
    candidates: list[tuple[str, Decimal | None]]
    if labels:
        pairs = [(label, decimal(cell)) for label, cell in zip(labels, cells, strict=True)]
        candidates = [
            (p, n) for p, n in pairs if n is not None and (EXACT.search(p) or LINES.search(p) or AMOUNTS.search(p))
        ]
    else:
        candidates = [(p, decimal(n)) for p, n in NAMED.findall(rest) if _is_labelled([p])]
        candidates += [("条数", decimal(n)) for pattern in COUNTS for n in pattern.findall(rest)]
    if not candidates:
        plain = [n for n in NUMBER.findall(rest) if not DATE.fullmatch(n)]
        candidates = [("", decimal(n)) for n in plain[:2]]
    for label, number in candidates:
        if number is not None:
            yield label, number, bool(AMOUNTS.search(label)) if label else number.as_tuple().exponent != 0


def _says_anything(rest: str) -> bool:
    return CHECKSUM.search(rest) is not None or any(not DATE.fullmatch(n) for n in NUMBER.findall(rest))


def _holds(
    part: Part, label: str, is_amount: bool, numbers: Sequence[Decimal], contents: Sequence[str], compared: Compared
) -> int:
    """How many numbers agree, 0 where nothing can be compared. Raises InputRefused where they do not.

    Several numbers of the same contents are of parts of them, by month or place: their sum counts.
    """
    controls = [c for name in contents if (c := compared.controls[name][1]) is not None]
    if len(controls) < len(contents):
        return 0
    shown = ", ".join(contents[:3]) + (" ..." if len(contents) > 3 else "")
    held, given = together(controls), {sum(numbers, Decimal(0)), *numbers}
    if is_amount:
        table = compared.controls[contents[0]][0].table
        amounts = {c for c in held if c != ROWS}
        meant = {f.column for f in compared.names.match(table, [label]).values()} & amounts if label else set()
        values = [c.sums[name] for c in (Control((), held), *controls) for name in meant or amounts]
        if not values or any(abs(stated - v) <= slack(int(held[ROWS])) for v in values for stated in given):
            return len(numbers) if values else 0
        stated = sum(numbers, Decimal(0))
        nearest = min(values, key=lambda v: abs(v - stated))
        differs = f"says that the amounts of {shown} add up to {stated:,}, and what was read adds up to {nearest:,}"
    else:
        sizes = {Decimal(_size(compared, name)) for name in contents} if not label else set()
        rows = {held[ROWS], *(c.sums[ROWS] for c in controls)}
        headed = (
            {held[ROWS] + len(contents), *(c.sums[ROWS] + 1 for c in controls)} if not EXACT.search(label) else set()
        )
        if given & (rows | headed | sizes):
            return len(numbers)
        differs = f"says that {shown} has {sum(numbers, Decimal(0)):,} rows, and {held[ROWS]:,} were read"
    raise InputRefused(
        f"{part.name} {differs}. Rows are missing or too many: export it again, or take out {part.name} if it is wrong;"
        " nothing was loaded."
    )


def _size(compared: Compared, name: str) -> int:
    try:
        return (compared.folder / name.partition("!")[0]).stat().st_size
    except OSError:
        return -1


def _checksum(part: Part, checksum: str, called: str, contents: Sequence[str], compared: Compared) -> int:
    """1 where a file has the checksum that is said of it, 0 where there is no one file. Raises InputRefused else."""
    path = _file(called, contents, compared)
    if path is None:
        return 0
    kind = CHECKSUMS[len(checksum)]
    with path.open("rb") as handle:
        own = hashlib.file_digest(handle, kind).hexdigest()
    if own == checksum:
        return 1
    raise InputRefused(
        f"{part.name} says that the {kind.upper()} of {contents[0]} is {checksum}, and it is {own}: it was changed or"
        " cut off on its way. Deliver both again; nothing was loaded."
    )


def _file(called: str, contents: Sequence[str], compared: Compared) -> Path | None:
    """The file that a checksum is of: the delivered one of that name, or the member of an archive."""
    tops = {name.partition("!")[0] for name in contents}
    if len(tops) == 1:
        top = compared.folder / next(iter(tops))
        if top.name.lower() in (called, PurePosixPath(called).name) or _stem(top.name.lower()) == called:
            return top if top.is_file() else None
    delivery = compared.controls[contents[0]][0]
    return delivery.path if len(contents) == 1 and delivery.form == "text" else None


def _refuse_missing(part: Part, name: str, compared: Compared) -> None:
    base = _stem(PurePosixPath(name).name.lower())
    if any(
        base in (_stem(p.lower()), _stem(PurePosixPath(o).name.lower()))
        for o in compared.others
        for p in re.split("[!/]", o)
    ):
        return
    raise InputRefused(
        f"{part.name} names {name}, and no such file came. Deliver it with the others, or take it out of {part.name};"
        " nothing was loaded."
    )


def _stem(name: str) -> str:
    """A file's name without the endings that say how it is written."""
    while (match := re.fullmatch(r"(.+?)(\.[a-z0-9]{1,8})", name)) and match[2] in {f".{e}" for e in ENDINGS}:
        name = match[1]
    return name


ENDINGS = {e for ending in READABLE for e in ending.strip(".").split(".")}


def _stands_in(name: str, text: str) -> bool:
    if not name.isascii():  # Chinese writes no blanks between words
        return name in text
    return re.search(rf"(?<![\w一-鿿]){re.escape(name)}(?![\w一-鿿])", text) is not None
