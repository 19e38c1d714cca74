"""What the command line says: plain sentences, tables, JSON; progress only where a person looks."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

#: Cells of a column that never break: ids, amounts, days. Longer ones are text.
ONE_WORD = 24
#: What a column of text needs to be read at all.
READABLE = 10
GAP = 3
#: What a terminal acts on, or that turns the order of what is read: names come in with deliveries and files.
_ACTING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_answered: ContextVar[bool] = ContextVar("answered", default=False)
#: One for the process: progress is also told by threads that a run has started.
_language = "en"


def begin(language: str = "en") -> None:
    """A new command: nothing is answered yet, and what is said before its settings are read is in this language."""
    _answered.set(False)
    speak(language)


def is_answered() -> bool:
    """Whether this command has printed its JSON document: there is never a second one."""
    return _answered.get()


def speak(language: str) -> None:
    """Answers, progress and errors from here on are in this language; the keys of JSON stay as they are."""
    global _language
    _language = language


def language() -> str:
    """The language that is spoken."""
    return _language


@dataclass(frozen=True)
class Console:
    """Where a command speaks: `quiet` leaves out progress, `as_json` prints one JSON document at the end."""

    quiet: bool = False
    as_json: bool = False

    def progress(self, line: str) -> None:
        """A line about the work, on standard error."""
        if not self.quiet:
            print(printable(spoken(line)), file=sys.stderr, flush=True)

    def say(self, line: str) -> None:
        """A line of the answer."""
        if not self.as_json:
            print(printable(spoken(line)), flush=True)

    def give(self, document: Any) -> None:
        """The answer as JSON, when asked for; numbers as numbers, days as text."""
        if self.as_json:
            _answered.set(True)
            print(json.dumps(document, ensure_ascii=False, indent=1, default=_plain), flush=True)

    def table(
        self,
        title: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[Any]],
        spare: Sequence[str] = (),
        kind: str = "console",
    ) -> None:
        """A table of the answer; text wraps on a terminal and stays whole elsewhere, ids and amounts never break.

        Where the terminal is too narrow, columns of `spare` are left out, the first ones first. `kind` is the table of
        columns.csv that has its Chinese labels.
        """
        if self.as_json:
            return
        labels = list(columns)
        if _language == "zh":
            from flows.publish.labels import told

            title, (labels, rows) = spoken(title), told(columns, rows, kind)
        from rich import box
        from rich.console import Console as Rich
        from rich.table import Table

        out = Rich(width=None if sys.stdout.isatty() else 200, highlight=False, markup=False, emoji=False)
        # by place, not by label: two columns may have one word in Chinese
        cells = [["" if row[i] is None else printable(str(row[i])) for row in rows] for i in range(len(labels))]
        widths = {i: _least(labels[i], column) for i, column in enumerate(cells)}
        for name in spare:
            if sum(widths.values()) + GAP * (len(widths) - 1) <= out.width:
                break
            del widths[list(columns).index(name)]
        table = Table(title=printable(title) or None, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
        for i, width in widths.items():
            firm = _is_firm(cells[i])
            table.add_column(labels[i], overflow="fold", no_wrap=firm, min_width=width if firm else None)
        for place in range(len(rows)):
            table.add_row(*(cells[i][place] for i in widths))
        out.print(table)


def printable(text: str) -> str:
    """The text as a terminal may have it: characters that it would act on are written out."""
    return _ACTING.sub(lambda sign: f"\\x{ord(sign[0]):02x}", text)


def spoken(text: str) -> str:
    """A sentence of the program as it is said in the language spoken."""
    if _language == "en":
        return text
    from flows import language as catalogue  # not at the top: English answers do without

    return catalogue.spoken(text, _language)


def _is_firm(cells: Sequence[str]) -> bool:
    return all(len(cell) <= ONE_WORD and cell.isascii() and " " not in cell for cell in cells)


def _least(name: str, cells: Sequence[str]) -> int:
    """The width below which a column is no use: its longest id or amount, some words of a text."""
    from rich.cells import cell_len

    longest = max(map(cell_len, (name, *cells)))
    return longest if _is_firm(cells) else min(longest, READABLE)


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else str(value)
