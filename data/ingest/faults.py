"""What a delivery is refused for: the first fault ends it, or every fault is kept beside the file it is in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from data.contract.mapping import Table
from data.errors import InputRefused

#: How a refusal ends; where other files go on, it is not true of them.
NOTHING = ("; nothing was loaded.", " Nothing was loaded.")


@dataclass(frozen=True)
class Fault:
    """One reason why one file, sheet or member of an archive cannot be taken, and its table where that is known."""

    name: str
    sentence: str
    table: Table | None = None
    header: tuple[str, ...] = ()


@dataclass
class Faults:
    """Where refusals go: `keeps` collects them and lets the other files go on, otherwise the first one is raised."""

    keeps: bool = False
    kept: list[Fault] = field(default_factory=list)

    @contextmanager
    def within(self, name: str, table: Table | None = None, header: tuple[str, ...] = ()) -> Iterator[None]:
        """What is refused in here is a fault of the file `name`."""
        try:
            yield
        except InputRefused as error:
            if not self.keeps:
                raise
            self.kept.append(Fault(name, str(error), table, header))

    def names(self) -> set[str]:
        """The files that have one."""
        return {fault.name for fault in self.kept}


def alone(sentence: str) -> str:
    """A refusal as it reads where only this file is left out."""
    for end in NOTHING:
        if sentence.endswith(end):
            return sentence.removesuffix(end).rstrip(".") + "."
    return sentence
