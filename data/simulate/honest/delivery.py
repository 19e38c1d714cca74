"""Practices as a delivery in the national format: every field that exports fill, everything else left empty."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from data.contract import mapping
from data.simulate.honest.care import add_business, add_visits
from data.simulate.honest.practice import Practice, Row
from data.simulate.honest.world import World, add_doctor, add_persons, add_place, resolved


def division(number: int) -> str:
    """A county of its own for the nth practice: worlds share neither area nor pool."""
    return f"{91 + number // 90}{10 + number % 90}01"


def lay(practice: Practice, *, year: int = 2025, area: str) -> World:
    """The rows of a practice in a year and a county."""
    world = World(practice, year, area)
    for key, values in practice.places.items():
        add_place(world, key, dict(values))
    for key, values in practice.persons.items():
        add_persons(world, key, dict(values))
    for key, values in practice.doctors.items():
        add_doctor(world, key, dict(values))
    for key, values in practice.places.items():
        add_business(world, key, int(values.get("busy", 0)))
    for visit in practice.visits:
        add_visits(world, visit)
    for table, more in practice.rows.items():
        for row in more:
            _more(world, table, row)
    return world


def _more(world: World, table: str, row: Row) -> None:
    """Further rows of a table: `@key` is a person (each of a group), place, practitioner or line of a named visit."""
    groups = [v[1:] for v in row.values() if isinstance(v, str) and v[:1] == "@" and v[1:] in world.persons]
    # A limit is the practice's own area's, as its document would be.
    row = {"insu_admdvs": world.pool} | row if table == "hilist_lmtpric_d" else row
    for n in range(len(world.persons[groups[0]]) if groups else 1):
        world.add(table, **{k: resolved(world, v, n) for k, v in row.items()})


def write(folder: Path, worlds: Iterable[World]) -> dict[str, int]:
    """Worlds as one delivery: a CSV a table with every column of the contract; returns the rows of each table."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for world in worlds:
        for table, own in world.rows.items():
            rows[table] += own
    known = {table.source: [f.source for f in table.fields] for table in mapping.tables().values()}
    folder.mkdir(parents=True, exist_ok=True)
    for table, own in sorted(rows.items()):
        columns = dict.fromkeys([*known.get(table, []), *(name for row in own for name in row)])
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, list(columns), restval="")
            writer.writeheader()
            writer.writerows(own)
    return {table: len(own) for table, own in sorted(rows.items())}
