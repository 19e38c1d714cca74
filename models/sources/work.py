"""What a detector works with: its parameters, its SQL steps, its tables; what it finds goes into `judged`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import duckdb

from data.warehouse.connection import frame
from data.warehouse.scripts import Step
from models.sources import judged
from models.sources.card import Card

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Script:
    """One .sql file that passed the guard: steps that name tables, and queries that judge."""

    name: str
    steps: tuple[Step, ...]


class Work:
    """One detector at work on one warehouse. Tables that its steps make are dropped when it is done."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        card: Card,
        params: Mapping[str, Any],
        scripts: Mapping[str, Script],
        folder: Path,
    ) -> None:
        self.params = params
        self._con, self._card, self._scripts, self._folder = con, card, scripts, folder
        self._tables: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, failure: object, *_: object) -> None:
        if failure is None:  # a failed transaction takes its tables along, and its own error is the one to hear
            for table in sorted(self._tables):
                self._con.execute(f"drop table if exists {table}")

    def run(self, name: str = "steps", **values: Any) -> None:
        """Run a script: each named step becomes a temporary table, each query adds its rows to `judged`."""
        for step in self._scripts[name].steps:
            if step.name is None:
                judged.add(self._con, step.query.text, self._given(step, values), self._card, self.params)
            else:
                self._make(step, step.name, values)

    def frame(self, name: str, **values: Any) -> pl.DataFrame:
        """The rows of a script's last query; its named steps are run before."""
        *before, last = self._scripts[name].steps
        for step in before:
            self._make(step, str(step.name), values)
        return frame(self._con, last.query.text, self._given(last, values) or None)

    def number(self, name: str, **values: Any) -> int:
        """The one number that a script's last query gives; nothing is 0."""
        rows = self.frame(name, **values).rows()
        return int(rows[0][0] or 0) if rows else 0

    def csv(self, name: str) -> pl.DataFrame:
        """A table of the detector's folder: <name>.csv, every column text."""
        import polars as pl

        return pl.read_csv(self._folder / f"{name}.csv", infer_schema=False)

    @contextmanager
    def lend(self, **frames: pl.DataFrame) -> Iterator[None]:
        """The frames are tables of those names inside the block."""
        with judged.lend(self._con, frames):
            yield

    def count(self, clear: int, cannot: Mapping[str, int] | None = None) -> None:
        """Add to `judged` how many things are clear and, by reason, how many cannot be judged."""
        judged.count(self._con, clear, cannot)

    @property
    def hits(self) -> int:
        """Rows of hits so far."""
        return int(self._con.execute("select count(*) from judged where outcome = 'hit'").fetchall()[0][0])

    def _make(self, step: Step, table: str, values: Mapping[str, Any]) -> None:
        """A named step's temporary table, in place of one an earlier run of the script left."""
        self._con.execute(f"drop table if exists {table}")
        self._con.execute(step.query.text, self._given(step, values))
        self._tables.add(table)

    def _given(self, step: Step, values: Mapping[str, Any]) -> dict[str, Any]:
        named = {**self.params, **values}
        return {name: named[name] for name in step.query.parameters}
