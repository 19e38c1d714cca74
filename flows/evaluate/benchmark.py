"""Speed as ratios in one run: what this costs beside what DuckDB itself needs to read the same files."""

from __future__ import annotations

import csv
import math
import multiprocessing
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from data.ingest import decode, find, normalise, workplace
from data.ingest.find import Delivery
from data.warehouse.connection import open_warehouse
from data.warehouse.paths import quoted
from flows import steps
from flows.evaluate import towns
from flows.home import version
from flows.home.settings import Settings

Row = tuple[str, str, str, str, str, str]
Figures = dict[str, Any]
#: The table's headings; the ratio is of processor seconds, which other work on the machine hardly moves.
HEADINGS = ("what", "seconds", "processor seconds", "times the plain read", "lines a second", "peak GB")


def benchmark(settings: Settings, sizes: Sequence[int], say: Callable[[str], None]) -> Figures:
    """For each size of town: the plain read of its files, every step beside it, what was slowest; and the growth.

    Each part runs in a process of its own, so that its memory is its own. The towns stay in HOME/towns.
    """
    towns_measured = []
    for lines in sorted(sizes):
        place = towns.town(settings.home / "towns", lines, settings.seed, say)
        with tempfile.TemporaryDirectory(dir=settings.home) as aside:
            towns_measured.append(_town(replace(settings, home=Path(aside) / "home", input=place), lines, say))
    return {
        "date": time.strftime("%Y-%m-%d"),
        "machine": _machine(settings),
        "code": version.code(),
        "towns": towns_measured,
        "growth": growth([(t["fee_lines"], t["whole"]["cpu"]) for t in towns_measured]),
    }


def _town(settings: Settings, lines: int, say: Callable[[str], None]) -> Figures:
    assert settings.input is not None
    say("plain read ...")
    settings.home.mkdir(parents=True, mode=0o700)
    plain = _alone(_plain, settings)
    steps_measured = []
    for step in steps.STEPS:
        say(f"{step.name} ...")
        cost = _alone(_step, settings, step.name)
        steps_measured.append({"step": step.name, **cost, "ratio": round(cost["cpu"] / plain["cpu"], 2)})
    whole = {key: round(sum(s[key] for s in steps_measured), 2) for key in ("wall", "cpu")}
    whole |= {"peak": max(s["peak"] for s in steps_measured), "ratio": round(whole["cpu"] / plain["cpu"], 2)}
    with open_warehouse(settings.home, read_only=True) as con:
        fee_lines = int(con.execute("select count(*) from record.fee_line").fetchall()[0][0])
        slow = slowest(con)
    for cost in (plain, whole, *steps_measured):
        cost["lines_a_second"] = round(fee_lines / max(cost["wall"], 0.01))
    return {"lines": lines, "fee_lines": fee_lines, "plain": plain, "steps": steps_measured, "whole": whole} | slow


#: How many of the slowest are named.
NAMED = 10


def slowest(con: duckdb.DuckDBPyConnection) -> Figures:
    """The slowest rules, detectors and feature tables of a HOME's last run, with their seconds and share of their kind.

    A feature's entry in the journal bears the time at which its transaction began; it ends where the next begins.
    """
    rows = con.execute(
        f"""
        with timed as (
            select kind || 's' as kind, source as name, seconds from model.coverage where seconds is not null
            union all
            select 'features', replace(step, 'feature.', ''),
                epoch(lead(finished_at) over (order by finished_at) - finished_at)
            from run.step where starts_with(step, 'feature.') or step = 'features'
            qualify step <> 'features'
        )
        select kind, name, round(seconds, 2), round(seconds / nullif(sum(seconds) over (partition by kind), 0), 3)
        from timed qualify row_number() over (partition by kind order by seconds desc, name) <= {NAMED}
        order by kind, seconds desc, name
        """
    ).fetchall()
    kinds: dict[str, list[Figures]] = {}
    for kind, name, seconds, share in rows:
        kinds.setdefault(f"slowest_{kind}", []).append({"name": name, "seconds": seconds, "share": share})
    return dict(kinds)


def growth(points: Sequence[tuple[float, float]]) -> float | None:
    """The exponent by which a cost grows with the lines, by least squares of the logarithms; None for one size."""
    if len({lines for lines, _ in points}) < 2:
        return None
    x, y = ([math.log(value) for value in axis] for axis in zip(*points, strict=True))
    slope: float = statistics.linear_regression(x, y).slope
    return round(slope, 2)


def _alone(part: Callable[..., None], *given: object) -> Figures:
    """What a part costs in a fresh process: seconds by the clock and of the processors, and its peak memory in GB."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_measured, part, *given).result()


def _measured(part: Callable[..., None], *given: object) -> Figures:
    import resource

    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    part(*given)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall": round(wall, 2), "cpu": round(cpu, 2), "peak": round(_peak(after.ru_maxrss) / 2**20, 2)}


def _peak(kilobytes: int) -> int:
    """This process's own most memory: what the system counts otherwise begins at that of the process that made it."""
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="utf-8").splitlines() if status.exists() else []
    own = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(own[0]) if own else kilobytes


def _step(settings: Settings, name: str) -> None:
    steps.perform(next(s for s in steps.STEPS if s.name == name), settings)


def _plain(settings: Settings) -> None:
    assert settings.input is not None
    _plain_read(settings.input, settings)


def _machine(settings: Settings) -> str:
    name = platform.processor() or platform.machine()
    told = Path("/proc/cpuinfo")
    if told.exists():
        models = [line.partition(":")[2].strip() for line in told.read_text().splitlines() if "model name" in line]
        name = models[0] if models else name
    limit = f", {settings.memory_limit} for DuckDB" if settings.memory_limit else ""
    return f"{name}, {settings.threads or os.cpu_count()} threads{limit}"


def table(figures: Figures) -> list[Row]:
    """The figures as rows: what, seconds, processor seconds, times the plain read's, lines a second, peak memory."""
    rows: list[Row] = []
    for town in figures["towns"]:
        rows.append(_row(f"{town['fee_lines']:,} fee lines: plain read into typed tables", town["plain"]))
        rows += [_row(f"  {step['step']}", step) for step in town["steps"]]
        rows.append(_row("  from CSV to watchlists", town["whole"]))
        for kind in ("rules", "features", "detectors"):
            named = town.get(f"slowest_{kind}", [])
            listed = ", ".join(f"{each['name']} {100 * each['share']:.0f} %" for each in named)
            rows.append((f"  slowest {kind}: {listed}", "", "", "", "", ""))
    if figures["growth"] is not None:
        rows.append(
            (f"processor seconds grow with the lines to the power of {figures['growth']:.2f}", "", "", "", "", "")
        )
    return rows


def _row(what: str, cost: Figures) -> Row:
    ratio = f"{cost['ratio']:.2f}" if "ratio" in cost else "1.00"
    lines = f"{cost['lines_a_second']:,}"
    return what, f"{cost['wall']:.2f}", f"{cost['cpu']:.2f}", ratio, lines, f"{cost['peak']:.2f}"


GROUP_DETECTORS = ("co_visit_ring", "dense_block")


def rings(settings: Settings, sizes: list[int], say: Callable[[str], None]) -> list[tuple[str, str, str, str]]:
    """For each size of made-up town: what the detectors of groups cost, and whether that grows as the visits do.

    Columns: what, seconds (the better of two runs), seconds per million visits, ratio of that to the first size's.
    """
    from data.simulate import simulate
    from models import detectors
    from models.sources import source

    rows: list[tuple[str, str, str, str]] = []
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
