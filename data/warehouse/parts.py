"""What a long step is at: its parts one after another, told to whoever listens, with an estimate of the remainder."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

DONE = "OK"
#: A part whose data the delivery does not hold: it is done, and not clear.
NO_DATA = "NO DATA"
#: How far the seconds of last time are believed before this time's say more: as if this share were done in them.
BELIEVED = 0.1


@dataclass(frozen=True)
class Part:
    """One part of a step: its name, its place among how many of what, and the seconds the rest may take if known."""

    name: str
    place: int
    total: int
    what: str
    rest: float | None = None


class Watcher:
    """Who listens to a step line by line and part by part; this one keeps it all to itself."""

    def __call__(self, line: str) -> None:
        """A line about the work."""

    def begin(self, part: Part) -> None:
        """A part begins."""

    def end(self, part: Part, word: str, seconds: float) -> None:
        """A part has ended, in a word: DONE or NO_DATA."""


class Parts:
    """The parts of one step. A listener that is no Watcher hears the name of each part that has ended, as a line."""

    def __init__(
        self,
        say: Callable[[str], None],
        what: str,
        names: Collection[str],
        seconds: Mapping[str, float | None] | None = None,
    ) -> None:
        """`seconds`: what each part took last time, as far as that is known."""
        last = {name: float(took) for name in names if (took := (seconds or {}).get(name)) is not None}
        usual = sum(last.values()) / len(last) if last else 0.0
        self._say, self._what = say, what
        self._weights = {name: (last.get(name, usual) or 1e-3) if last else 1.0 for name in names}
        self._whole = sum(self._weights.values())
        self._believed = self._whole * BELIEVED if last else 0.0
        self._done = self._spent = self._started = 0.0
        self._place = 0
        self._part = Part("", 0, len(names), what)

    def begin(self, name: str) -> None:
        """The next part begins."""
        self._place += 1
        self._part = Part(name, self._place, self._part.total, self._what, self._rest())
        self._started = time.perf_counter()
        if isinstance(self._say, Watcher):
            self._say.begin(self._part)

    def end(self, word: str = DONE) -> None:
        """The part that began last has ended."""
        seconds = time.perf_counter() - self._started
        self._spent += seconds
        self._done += self._weights[self._part.name]
        if isinstance(self._say, Watcher):
            self._say.end(self._part, word, seconds)
        else:
            self._say(self._part.name)

    def _rest(self) -> float | None:
        """Seconds the parts not yet ended may take: their share, at the pace so far; None before anything is known."""
        paced = self._done + self._believed
        return (self._whole - self._done) * (self._spent + self._believed) / paced if paced else None
