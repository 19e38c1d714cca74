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
from functools import cached_property
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

    @cached_property
    def places(self) -> frozenset[int]:
        """The same members, for questions of what holds what."""
        return frozenset(self.members.tolist())


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
        "A_eq": _matrix(shown, finest, csr_array),
        "b_eq": np.array([c.count for c in shown], float),
        # Whoever sees a hidden cell knows that it is not empty.
        "A_ub": -_matrix(hidden, finest, csr_array),
        "b_ub": -np.ones(len(hidden)),
        "bounds": (0, None),
        "method": "highs",
    }
    touched = np.zeros(finest, bool)
    for c in shown:
        touched[c.members] = True
    # What appears in no number that is shown, nothing bounds from above.
    doubtful = [c for c in hidden if c.is_primary and touched[c.members].all()]
    while doubtful:
        left = _uncertain(doubtful, finest, k, solve)
        if len(left) == len(doubtful):
            break
        doubtful = left
    exposed = []
    for cell in doubtful:
        weights = np.zeros(finest)
        weights[cell.members] = 1
        highest = linprog(-weights, **solve)
        high = -highest.fun if highest.status == 0 else np.inf
        lowest = linprog(weights, **solve) if k - SLACK <= high < cell.count + k else None
        low = lowest.fun if lowest is not None and lowest.status == 0 else 0.0
        if high < k - SLACK or high - low < k - SLACK:
            exposed.append(cell)
    return exposed


def _uncertain(cells: Sequence[_Cell], finest: int, k: int, solve: dict[str, Any]) -> list[_Cell]:
    """The cells that one world which fits what is shown does not clear: a cell that may as well be `k` more is safe.

    One programme lifts them all at once as far as they need; it spares one programme a cell.
    """
    from scipy.optimize import linprog
    from scipy.sparse import block_array, csr_array, eye_array

    own = _matrix(cells, finest, csr_array)
    needed = np.array([c.count + k for c in cells], float)
    lifted = linprog(
        np.concatenate([np.zeros(finest), -np.ones(len(cells))]),
        A_eq=block_array([[solve["A_eq"], csr_array((solve["A_eq"].shape[0], len(cells)))]]),
        b_eq=solve["b_eq"],
        A_ub=block_array([[solve["A_ub"], None], [-own, eye_array(len(cells))]]),
        b_ub=np.concatenate([solve["b_ub"], np.zeros(len(cells))]),
        bounds=[(0, None)] * finest + [(0, need) for need in needed],
        method="highs",
    )
    if lifted.status != 0:
        return list(cells)
    world = own @ lifted.x[:finest]
    return [c for c, value, need in zip(cells, world, needed, strict=True) if value < need - SLACK]


def _matrix(cells: Sequence[_Cell], finest: int, make: Any) -> Any:
    rows = np.repeat(np.arange(len(cells)), [len(c.members) for c in cells])
    columns = np.concatenate([c.members for c in cells])
    return make((np.ones(len(columns)), (rows, columns)), shape=(len(cells), finest))


def _cover(cell: _Cell, cells: Sequence[_Cell]) -> _Cell | None:
    """The next cell to hide beside one that is bounded: in the sum that holds it with least else hidden, the smallest
    shown; where nothing is left beside it, the sum itself; where no sum holds it, the smallest of its parts."""
    shown = [c for c in cells if not c.is_hidden]
    sums = sorted((c for c in shown if c.places > cell.places), key=lambda c: len(c.places))
    alike = [c for c in cells if c.is_hidden and c.table == cell.table]
    parts = [c for c in shown if c.places <= cell.places and c.count > 0]
    if not sums:
        return min(parts, key=_order, default=None)
    lone = _lone(sums, alike, shown)
    hidden_in = {id(total): sum(c.count for c in alike if c.places <= total.places) for total in sums}
    tightest = lone or min(sums, key=lambda c: (hidden_in[id(c)], _order(c)))
    beside = [c for c in shown if c.count > 0 and not c.places & cell.places and c.places < tightest.places]
    own = [c for c in beside if c.table == cell.table]
    return min(own or beside or [tightest], key=_order)


def _lone(sums: Sequence[_Cell], alike: Sequence[_Cell], shown: Sequence[_Cell]) -> _Cell | None:
    """A shown sum in which one of the cells hidden together with this one is the only hidden one: it tells that cell,
    and with it this one."""
    together = {id(c): c for total in sums[:2] for c in alike if c.places <= total.places}
    for total in shown:
        inside = [c for c in alike if c.places <= total.places]
        if len(inside) == 1 and id(inside[0]) in together and total.places > inside[0].places:
            return total
    return None


def _order(cell: _Cell) -> tuple[int, str, str]:
    return cell.count, cell.table, str(cell.key)
