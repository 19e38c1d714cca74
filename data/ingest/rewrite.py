"""Write a text that is not plain once more so that it is: one record a line, one delimiter, quotation marks closed.

A quotation mark that nobody closes must not swallow the rows below it, and a value of several lines must stay one.
Which of the two a line is, its own columns say: where the next line is a whole record by itself, the mark before it
was no opening one. What fits in no way is kept as it is written, with its place, to be rejected by itself.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from data.ingest import decode, labels
from data.ingest.heading import DELIMITERS, Heading, is_unnamed

#: Blanks, and what old systems end or fill up a file with.
NOTHING = " \t\u3000\0\x1a"
#: A value has fewer lines, and a line that begins one is looked at no further.
MOST_LINES = 200
#: Pieces of a line that lone carriage returns have cut.
MOST_PIECES = 20
#: Below so many columns a line of text may look like a record; its first cell must then look like the other's.
SURE = 4


@dataclass
class Rewritten:
    """What became of a text: rows written, rows that could not be split, and every line accounted for."""

    path: Path
    rows: int = 0
    lost: list[tuple[int, str]] = field(default_factory=list)  # (data row from 1, its text)
    blank: int = 0
    blanks: list[int] = field(default_factory=list)  # how many rows stand before each blank line
    head: int = 0  # rows up to the header and with it, as a spreadsheet counts them
    above: int = 0
    continued: int = 0  # further lines of records that go over several
    repaired: int = 0  # rows with a quotation mark that nothing closes, read as it stands

    @property
    def lines(self) -> int:
        """The lines that are accounted for."""
        return self.rows + len(self.lost) + self.blank + self.above + self.continued


def rewrite(path: Path, heading: Heading, target: Path) -> Rewritten:
    """Write the rows below the header to `target`, under it, as UTF-8 CSV with the same delimiter."""
    done = Rewritten(target)
    with decode.open_text(path) as source, target.open("w", encoding="utf-8", newline="") as out:
        mark = heading.delimiter if heading.delimiter in DELIMITERS else ","
        writer = csv.writer(out, delimiter=mark, lineterminator="\n")
        writer.writerow(heading.header)
        lines = _Lines(source)
        top: list[str] = []
        for _ in range(heading.lines):
            if (line := lines.next()) is None:
                break
            done.above += 1
            top.append(line)
        done.head = _records(top, mark)
        splitter = Splitter(heading)
        splitter.learn(lines.ahead())
        while (line := lines.next()) is not None:
            bare = line.rstrip("\r\n")
            if splitter.is_simple(bare) and not line.endswith("\r"):
                out.write(bare + "\n")  # most lines are as they should be
                done.rows += 1
                continue
            if not bare.strip(NOTHING):
                done.blank += 1
                done.blanks.append(done.rows + len(done.lost))
                continue
            if line.endswith("\r"):
                bare, more = splitter.whole(line, lines)
                done.continued += more
            cells, more = splitter.record(bare, lines)
            done.continued += more
            if cells is None:
                done.lost.append((done.rows + len(done.lost) + 1, splitter.plain(bare, mark)))
                continue
            done.repaired += splitter.was_open
            writer.writerow([c.replace("\r\n", "\n").replace("\r", "\n") for c in cells])
            done.rows += 1
    return done


def _records(lines: list[str], delimiter: str) -> int:
    """How many rows a spreadsheet makes of the first lines: a quoted cell may go over some, sep= is an order to it."""
    try:
        rows = sum(1 for _ in csv.reader(lines, delimiter=delimiter))
    except csv.Error:
        rows = len(lines)
    return rows - (bool(lines) and lines[0].strip().strip('"').lower().startswith("sep="))


class _Lines:
    """Physical lines with their ends, some of which can be looked at before they are taken."""

    def __init__(self, source: Iterator[str]) -> None:
        self._source = source
        self._waiting: deque[str] = deque()

    def next(self) -> str | None:
        return self._waiting.popleft() if self._waiting else next(self._source, None)

    def ahead(self) -> Iterator[str]:
        """The lines to come, which stay to be taken."""
        place = 0
        while place < MOST_LINES:
            if place == len(self._waiting):
                if (line := next(self._source, None)) is None:
                    return
                self._waiting.append(line)
            yield self._waiting[place]
            place += 1

    def drop(self, count: int) -> None:
        for _ in range(count):
            self._waiting.popleft()


class Splitter:
    """Splits the lines of one table into as many cells as its header has."""

    def __init__(self, heading: Heading) -> None:
        self.columns = len(heading.header)
        self.was_open = False
        self._ends_in_return = False  # rows end so, as old systems end them
        self._over = 0  # empty cells beyond the header that rows usually have
        named = [place for place, cell in enumerate(heading.header, 1) if not is_unnamed(cell)]
        self._least = max(named, default=self.columns)
        self._mark, self._quote = heading.delimiter, heading.quote
        mark, quote = re.escape(heading.delimiter), re.escape(heading.quote)
        blank = "[ \t\u3000]*" if heading.delimiter != "\t" else "[ \u3000]*"
        self._quoted = re.compile(
            rf"{blank}{quote}([^{quote}\\]*(?:(?:{quote}{quote}|\\.)[^{quote}\\]*)*){quote}{blank}(?={mark}|\Z)",
            re.DOTALL,
        )
        self._strict = re.compile(
            rf"{blank}{quote}([^{quote}]*(?:{quote}{quote}[^{quote}]*)*){quote}{blank}(?={mark}|\Z)"
        )
        self._begins = re.compile(rf"{blank}{quote}")

    def learn(self, lines: Iterable[str]) -> None:
        """How many cells rows have beyond the header: a row with one more of them is a row that has shifted."""
        sampled = list(lines)
        returns = sum(line.endswith("\r") for line in sampled)
        self._ends_in_return = 2 * returns > len(sampled)
        over = [
            len(cells) - self.columns for line in sampled if (cells := self._split(line.rstrip("\r\n"))) is not None
        ]
        self._over = max(0, max(set(over), key=over.count)) if over else 0

    def plain(self, line: str, mark: str) -> str:
        """A line that cannot be split, with `mark` between what seem to be its cells."""
        return line if self._mark == mark else line.replace(self._mark, mark)

    def is_simple(self, line: str) -> bool:
        """Whether the line is a record that needs no look at its quotation marks."""
        if '"' in line or self._quote in line or not line or self._mark not in DELIMITERS:
            return False
        return line.count(self._mark) == self.columns - 1

    def whole(self, line: str, lines: _Lines) -> tuple[str, int]:
        """A line that ended in a lone carriage return, with what belongs to it where that stands in a value."""
        text, bare = line, line.rstrip("\r\n")
        is_row = self._fits(bare)
        if is_row and self._ends_in_return:
            return bare, 0
        for more, following in enumerate(lines.ahead(), 1):
            if is_row and self._fits(following.rstrip("\r\n")):
                break  # the carriage return ended a row
            text += following
            if self._fits(text.rstrip("\r\n")):
                lines.drop(more)
                return text.rstrip("\r\n"), more
            if not following.endswith("\r") or more > MOST_PIECES:
                break
        return bare, 0

    def _fits(self, line: str) -> bool:
        cells = self._split(line)
        return cells is not None and self._fit(cells) is not None

    def record(self, line: str, lines: _Lines) -> tuple[list[str] | None, int]:
        """The cells of the record that begins with this line, and how many further lines it took; None: it fits not."""
        self.was_open = False
        cells = self._split(line)
        if cells is not None:
            return self._fit(cells) or self._otherwise(line), 0
        bare = self._fit(line.split(self._mark))
        joined, text = None, line
        for more, following in enumerate(lines.ahead(), 1):
            rest = following.rstrip("\r\n")
            text += "\n" + rest
            whole = self._split(text)
            if whole is not None and self._fit(whole) is not None:
                joined = (self._fit(whole), more)
                break
            if self._is_record(rest, line):
                break
        if joined is not None and not (bare is not None and self._is_record(rest, line, is_marked=True)):
            lines.drop(joined[1])
            return joined
        self.was_open = bare is not None
        return bare or self._otherwise(line), 0

    def _split(self, line: str) -> list[str] | None:
        """The cells of a line; None where a quotation mark that opens a value is not closed."""
        cells, place = [], 0
        while True:
            if self._begins.match(line, place):
                quoted_value = self._strict.match(line, place) or self._quoted.match(line, place)
                if quoted_value is None:
                    return None
                text = quoted_value[1].replace(self._quote * 2, self._quote)
                if "\\" in text and quoted_value.re is self._quoted:
                    text = re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)
                cells.append(text)
                place = quoted_value.end()
            else:
                end = line.find(self._mark, place)
                end = len(line) if end < 0 else end
                cells.append(line[place:end])
                place = end
            if place >= len(line):
                return cells
            place += len(self._mark)

    def _fit(self, cells: list[str]) -> list[str] | None:
        """As many cells as columns: what hangs over in every row is empty, what is missing at the right has no name."""
        if 0 < len(cells) - self.columns <= self._over and not any(c.strip() for c in cells[self.columns :]):
            return cells[: self.columns]
        if self._least <= len(cells) < self.columns:
            return [*cells, *[""] * (self.columns - len(cells))]
        return cells if len(cells) == self.columns else None

    def _otherwise(self, line: str) -> list[str] | None:
        """A line that another system wrote: another delimiter; a line below the table, filled up to be seen as one."""
        for mark in DELIMITERS:
            if mark != self._mark and line.count(mark) >= max(2, self._least - 1):
                cells = self._fit([c.strip('"') for c in line.split(mark)])
                if cells is not None:
                    return cells
        cells = [c.strip().strip('"') for c in self._split(line) or line.split(self._mark)]
        if len(cells) < self.columns and labels.is_line_below([c for c in cells if c]):
            return [*cells, *[""] * (self.columns - len(cells))]
        return None

    def _is_record(self, line: str, other: str, is_marked: bool = False) -> bool:
        """Whether a line is a whole record by itself; `is_marked`: though a stray quotation mark stands in it."""
        if not is_marked and line.count(self._quote) % 2:
            return False
        cells = self._split(line) if not is_marked else line.split(self._mark)
        if cells is None or len(cells) != self.columns:
            return False
        return self.columns >= SURE or _shape(cells[0]) == _shape(other.split(self._mark)[0])


def _shape(text: str) -> str:
    """What a value looks like: digits, letters, others."""
    return re.sub(r"[A-Za-z]+", "a", re.sub(r"[0-9]+", "0", text.strip()))
