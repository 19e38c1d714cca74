"""Progress of a run: a bar where a person looks, plain lines elsewhere, nothing with --quiet."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from data.warehouse.parts import DONE, Part, Watcher
from flows.console import Console, language, printable, spoken

if TYPE_CHECKING:
    from rich.console import Console as Rich
    from rich.console import RenderableType

BAR = 24
PER_SECOND = 4


class Progress(Watcher):
    """Where a run of `total` steps is; this one says nothing."""

    def __init__(self, total: int) -> None:
        self.total, self.place, self.name = total, 0, ""
        self.part: Part | None = None
        self.started = self.began = time.perf_counter()

    @contextmanager
    def step(self, name: str) -> Iterator[Watcher]:
        """One step, from its first word to its time; gives who listens to it."""
        self.place, self.name, self.part = self.place + 1, name, None
        began = time.perf_counter()
        self.open_step()
        yield self
        seconds = time.perf_counter() - began
        self.part = None
        if self.total > 1:
            self.line(f"{self.place} of {self.total} {DONE} {name} [{seconds:.2f}s]")

    def open_step(self) -> None:
        """A step begins."""

    def line(self, text: str) -> None:
        """Show one line."""

    def finish(self) -> None:
        """Everything is done: the time it took."""
        what = "run" if self.total > 1 else self.name
        self.line(f"{what}: done in {clock(time.perf_counter() - self.started)}")


def ended(part: Part, word: str, seconds: float) -> str:
    """The line that says that a part has ended."""
    return f"{part.place} of {part.total} {word} {part.name} [{seconds:.2f}s]"


class Lines(Progress):
    """One line for each step and for each part, for a log."""

    def __init__(self, total: int, console: Console) -> None:
        super().__init__(total)
        self.console = console

    def line(self, text: str) -> None:
        self.console.progress(text)

    def open_step(self) -> None:
        if self.total > 1:
            self.line(f"{self.name} ...")

    def __call__(self, line: str) -> None:
        self.line(f"  {line}")

    def end(self, part: Part, word: str, seconds: float) -> None:
        self.line(f"  {ended(part, word, seconds)}")


class Bar(Progress):
    """Two lines at the foot of the terminal that are drawn anew; what a step says scrolls above them."""

    def __init__(self, total: int, out: Rich) -> None:
        super().__init__(total)
        self.out = out

    def __call__(self, line: str) -> None:
        self.line(f"  {line}")

    def line(self, text: str) -> None:
        self.out.print(printable(spoken(text)), soft_wrap=True)

    def begin(self, part: Part) -> None:
        self.part, self.began = part, time.perf_counter()

    @contextmanager
    def drawn(self) -> Iterator[None]:
        """Draw until the end, however it comes; the terminal is then as it was."""
        from rich.live import Live

        live = Live(
            get_renderable=self.picture,
            console=self.out,
            refresh_per_second=PER_SECOND,
            transient=True,
            redirect_stdout=False,  # an answer never goes where progress does
        )
        with live:
            yield

    def picture(self) -> RenderableType:
        """Step and bar; below them times and the current part."""
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        part = self.part
        head = f"step {self.place} of {self.total}: {self.name}" if self.total > 1 else self.name
        count = spoken(f"{part.place} of {part.total} {part.what}") if part else ""
        row = Table.grid(padding=(0, 1))
        for _ in range(3):
            row.add_column(no_wrap=True)
        bar = ProgressBar(part.total, part.place - 1, width=BAR) if part else ProgressBar(None, width=BAR)
        row.add_row(spoken(head), bar, count)
        return Group(row, Text(self.times(), no_wrap=True, overflow="ellipsis"))

    def times(self) -> str:
        """The time since the start, the estimate of what is left of the step, and the current part."""
        now, part = time.perf_counter(), self.part
        words = [spoken(f"{clock(now - self.started)} so far")]
        if part and part.rest is not None:
            left = clock(max(part.rest - (now - self.began), 1))
            words.append(spoken(f"about {left} left of {self.name}"))
        if part:
            words.append(part.name)
        return ("，" if language() == "zh" else ", ").join(words)


@contextmanager
def shown(console: Console, total: int = 1) -> Iterator[Progress]:
    """The progress of `total` steps, shown as standard error allows; what ends early says no time."""
    if console.quiet:
        yield Progress(total)
        return
    if (out := _terminal()) is None:
        lines = Lines(total, console)
        yield lines
        lines.finish()
        return
    bar = Bar(total, out)
    with bar.drawn():
        yield bar
    bar.finish()


def _terminal() -> Rich | None:
    """Standard error as a terminal that can be drawn on; None elsewhere, where rich is not even imported."""
    if not sys.stderr.isatty():
        return None
    from rich.console import Console as Rich

    out = Rich(stderr=True, highlight=False, markup=False, emoji=False)
    return out if out.is_interactive else None


def clock(seconds: float) -> str:
    """Minutes and seconds, hours where there are any."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
