"""Speed as ratios in one run: what this costs beside what DuckDB itself needs to read the same files."""

from __future__ import annotations

import csv
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import duckdb

from data.ingest import decode, find, normalise, workplace
from data.ingest.find import Delivery
from data.warehouse.paths import quoted
from flows import steps
from flows.home.settings import Settings

Row = tuple[str, str, str, str]  # what, seconds, per million fee lines, times the plain read


def benchmark(settings: Settings, sizes: list[int], say: Callable[[str], None]) -> list[Row]:
    """For each size of made-up town: the plain read, every step, and the whole, in this process.

    Columns: what, seconds, seconds per million fee lines, ratio to the plain read of the same files.
    """
    from data.simulate import simulate

    rows: list[Row] = []
    for persons in sizes:
        with tempfile.TemporaryDirectory(dir=settings.home) as place:
            town = Path(place) / "town"
            say(f"simulating {persons:,} persons ...")
            lines = simulate(town, persons=persons, seed=settings.seed)["fee_list_d"] / 1e6
            plain = _plain_read(town, settings)
            rows.append(_row(f"{persons:,} persons: plain read into typed tables", plain, lines, plain))
            inside = replace(settings, home=Path(place) / "home", input=town)
            costs = _costs(inside, say)
            rows += [_row(f"  {name}", took, lines, plain) for name, took in costs.items()]
            rows.append(_row("  from CSV to watchlists", sum(costs.values()), lines, plain))
            rows.append(_row("  the same again", sum(_costs(inside, say).values()), lines, plain))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    rows.append(("peak memory", f"{peak:.2f} GB", "", ""))
    return rows


GROUP_DETECTORS = ("co_visit_ring", "dense_block")


def rings(settings: Settings, sizes: list[int], say: Callable[[str], None]) -> list[Row]:
    """For each size of made-up town: what the detectors of groups cost, and whether that grows as the visits do.

    Columns: what, seconds (the better of two runs), seconds per million visits, ratio of that to the first size's.
    """
    from data.simulate import simulate
    from data.warehouse.connection import open_warehouse
    from models import detectors
    from models.sources import source

    rows: list[Row] = []
    first: dict[str, float] = {}
    sought = [d for d in detectors.load() if d.id in GROUP_DETECTORS]
    for persons in sizes:
        with tempfile.TemporaryDirectory(dir=settings.home) as place:
            town, home = Path(place) / "town", Path(place) / "home"
            say(f"simulating {persons:,} persons ...")
            visits = simulate(town, persons=persons, seed=settings.seed)["setl_d"]
            inside = replace(settings, home=home, input=town)
            for step in steps.STEPS[:3]:  # ingest, check, features
                say(f"{step.name} ...")
                steps.perform(step, inside)
            with open_warehouse(home, memory_limit=settings.memory_limit, threads=settings.threads) as con:
                for one in sought:
                    took = min(_timed(partial(source.run, con, one, "benchmark")) for _ in range(2))
                    each = took / visits * 1e6
                    ratio = each / first.setdefault(one.id, each)
                    what = f"{persons:,} persons, {visits:,} visits: {one.id}"
                    rows.append((what, f"{took:.2f}", f"{each:.1f}", f"{ratio:.2f}"))
    return rows


def _timed(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def _costs(settings: Settings, say: Callable[[str], None]) -> dict[str, float]:
    """Seconds of each step."""
    costs = {}
    for step in steps.STEPS:
        say(f"{step.name} ...")
        started = time.perf_counter()
        steps.perform(step, settings)
        costs[step.name] = time.perf_counter() - started
    return costs


def _plain_read(town: Path, settings: Settings) -> float:
    """What DuckDB needs for the same files into the same types, nothing checked, nothing counted."""
    with workplace(settings.home) as work:
        deliveries = find(town, work).deliveries
        con = duckdb.connect(str(work / "plain.duckdb"))
        if settings.threads:
            con.execute(f"set threads = {int(settings.threads)}")
        con.execute(f"set memory_limit = '{settings.memory_limit}'")
        started = time.perf_counter()
        for delivery in deliveries:
            _plain_table(con, delivery)
        took = time.perf_counter() - started
        con.close()
    return took


def _plain_table(con: duckdb.DuckDBPyConnection, delivery: Delivery) -> None:
    with decode.open_bytes(delivery.path) as handle:
        header = next(csv.reader([handle.readline().decode("utf-8-sig").rstrip("\r\n")]))
    kinds = {cell: normalise.TYPES.get(field.kind, "varchar") for cell, field in delivery.fields.items()}
    # flags come as 0 and 1
    columns = ", ".join(f"'{cell}': '{kinds.get(cell, 'varchar')}'" for cell in header)
    con.execute(
        f"create or replace table {delivery.table.target} as select *"
        f" from read_csv('{quoted(delivery.path)}', header = true,"
        f" auto_detect = false, delim = ',', nullstr = '', columns = {{{columns}}})"
    )


def _row(what: str, seconds: float, lines: float, plain: float) -> Row:
    return what, f"{seconds:.2f}", f"{seconds / lines:.2f}", f"{seconds / plain:.2f}"
