"""What the command line says: plain sentences, tables, JSON; progress only where a person looks."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

_language: ContextVar[str] = ContextVar("language", default="en")


def speak(language: str) -> None:
    """Answers from here on are in this language; JSON, progress and errors stay as they are."""
    _language.set(language)


@dataclass(frozen=True)
class Console:
    """Where a command speaks: `quiet` leaves out progress, `as_json` prints one JSON document at the end."""

    quiet: bool = False
    as_json: bool = False

    def progress(self, line: str) -> None:
        """A line about the work, on standard error."""
        if not self.quiet:
            print(line, file=sys.stderr, flush=True)

    def say(self, line: str) -> None:
        """A line of the answer."""
        if not self.as_json:
            print(_spoken(line), flush=True)

    def give(self, document: Any) -> None:
        """The answer as JSON, when asked for."""
        if self.as_json:
            print(json.dumps(document, ensure_ascii=False, indent=1, default=str))

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """A table of the answer; wide cells wrap on a terminal and stay whole elsewhere."""
        if self.as_json:
            return
        if _language.get() == "zh":
            from flows.exports.labels import told

            title, (columns, rows) = _spoken(title), told(columns, rows)
        from rich import box
        from rich.console import Console as Rich
        from rich.table import Table

        out = Rich(width=None if sys.stdout.isatty() else 200, highlight=False)
        table = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*("" if cell is None else str(cell) for cell in row))
        out.print(table)


def _spoken(text: str) -> str:
    if _language.get() == "en":
        return text
    from flows.exports.words import spoken  # it brings the pages, which English answers do without

    return "\n".join(spoken(line, _language.get()) for line in text.split("\n"))
