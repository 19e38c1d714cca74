"""Tables for the public from which no cell under `k` can be computed: not alone, from margins, or across tables.

A release is one set of finest cells (say institution x setting x insurance) and several tables, each a grouping by some
of its dimensions; a margin is a table with fewer of them. Every cell shown tells the sum of some finest cells. What
hides is decided in three steps: a cell under `k`, in its count or in its persons, hides (primary); then, as long as
arithmetic bounds a hidden cell below `k` or closer than `k`, one more cell that bounds it hides (secondary); and the
bounds are those of the linear programme over all tables at once, as somebody who has the whole release can solve it.
Cells without anybody are shown as 0: nobody is in them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

#: Bounds come from floating point; counts are whole.
SLACK = 1e-6


@dataclass
class _Cell:
    table: str
    key: tuple[Any, ...]
    members: np.ndarray  # places of its finest cells
    count: int
    persons: int
    is_hidden: bool = False
    is_primary: bool = False


def release(
    finest: pl.DataFrame, tables: Mapping[str, Sequence[str]], persons: Mapping[str, pl.DataFrame], k: int
) -> dict[str, pl.DataFrame]:
    """table -> its key columns, `is_hidden` and `is_primary`.

    `finest` holds the dimensions and `count`, a row a combination; `persons` the distinct persons of each table's
    cells (its dimensions and `persons`), which do not add up and so are given.
    """
    cells = [cell for name, dims in tables.items() for cell in _cells(finest, name, dims, persons[name], k)]
    _hide(cells, finest.height, k)
    hidden_tables = {}
    for name, dims in tables.items():
        own = [c for c in cells if c.table == name]
        schema: dict[str, Any] = {d: finest.schema[d] for d in dims}
        rows = [(*c.key, c.is_hidden, c.is_primary) for c in own]
        hidden_tables[name] = pl.DataFrame(
            rows, schema=schema | {"is_hidden": pl.Boolean, "is_primary": pl.Boolean}, orient="row"
        )
    return hidden_tables


def _cells(finest: pl.DataFrame, name: str, dims: Sequence[str], persons: pl.DataFrame, k: int) -> list[_Cell]:
    numbered = finest.with_row_index("place")
    if dims:
        grouped = numbered.group_by(dims, maintain_order=True).agg("place", pl.col("count").sum())
        persons_of = {tuple(row[:-1]): row[-1] for row in persons.select(*dims, "persons").iter_rows()}
    else:
        grouped = numbered.select(pl.col("place").implode(), pl.col("count").sum())
        persons_of = {(): persons["persons"].sum()}
    cells = []
    for *key, places, count in grouped.select(*dims, "place", "count").iter_rows():
        cell = _Cell(name, tuple(key), np.array(places, dtype=int), int(count), int(persons_of.get(tuple(key), 0)))
        cell.is_primary = cell.is_hidden = cell.count > 0 and min(cell.count, cell.persons) < k
        cells.append(cell)
    return cells


def _hide(cells: Sequence[_Cell], finest: int, k: int) -> None:
    """Hide more cells until the bounds of each primary one are wide; every round hides at least one, so it ends."""
    while True:
        exposed = _exposed(cells, finest, k)
        if not exposed:
            return
        for cell in exposed:
            cover = _cover(cell, cells)
            if cover is None:
                continue
            cover.is_hidden = True


def _exposed(cells: Sequence[_Cell], finest: int, k: int) -> list[_Cell]:
    """The primary cells that the shown ones bound below `k`, or between numbers closer than `k`."""
    from scipy.optimize import linprog
    from scipy.sparse import csr_array

    shown = [c for c in cells if not c.is_hidden]
    hidden = [c for c in cells if c.is_hidden]
    if not shown or not hidden:
        return []
    solve = {
        "A_eq": _matrix(shown, finest, csr_array), "b_eq": np.array([c.count for c in shown], float),
        # Whoever sees a hidden cell knows that it is not empty.
        "A_ub": -_matrix(hidden, finest, csr_array), "b_ub": -np.ones(len(hidden)),
        "bounds": (0, None), "method": "highs",
    }  # fmt: skip
    touched = np.zeros(finest, bool)
    for c in shown:
        touched[c.members] = True
    exposed = []
    for cell in hidden:
        if not cell.is_primary or not touched[cell.members].all():
            continue  # some of it appears in no number that is shown, so nothing bounds it from above
        weights = np.zeros(finest)
        weights[cell.members] = 1
        highest = linprog(-weights, **solve)
        high = -highest.fun if highest.status == 0 else np.inf
        if high < k - SLACK:
            exposed.append(cell)
            continue
        lowest = linprog(weights, **solve)
        low = lowest.fun if lowest.status == 0 else 0.0
        if high - low < k - SLACK:
            exposed.append(cell)
    return exposed


def _matrix(cells: Sequence[_Cell], finest: int, make: Any) -> Any:
    rows = np.repeat(np.arange(len(cells)), [len(c.members) for c in cells])
    columns = np.concatenate([c.members for c in cells])
    return make((np.ones(len(columns)), (rows, columns)), shape=(len(cells), finest))


def _cover(cell: _Cell, cells: Sequence[_Cell]) -> _Cell | None:
    """The next cell to hide: of those shown that are summed with it somewhere, the smallest; at last the sum itself."""
    own = set(cell.members.tolist())
    sums = [c for c in cells if not c.is_hidden and own & set(c.members.tolist())]
    wider = set().union(*(c.members.tolist() for c in sums)) if sums else set()
    beside = [
        c for c in cells
        if not c.is_hidden and c.count > 0 and c not in sums and set(c.members.tolist()) <= wider
    ]  # fmt: skip
    choice = beside or sums
    return min(choice, key=lambda c: (c.count, c.table, str(c.key)), default=None)
