"""What `fundwatch doctor` looks at: the installation, HOME, and a delivery before it is loaded."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Iterator
from pathlib import Path

from data.contract import mapping
from data.errors import FundwatchError, InputRefused
from data.ingest import Pseudonyms, find, held, refuse_other_way, trial, workplace
from data.ingest.find import Delivery, missing_tables
from data.ingest.pseudonym import KEY_FILE
from data.knowledge import load as knowledge_load
from data.warehouse.connection import open_warehouse
from flows import steps
from flows.home import audit_log
from flows.home.settings import Settings
from models.sources import registers
from models.sources.source import ELSEWHERE

PACKAGES = ("duckdb", "polars", "prefect", "fastapi", "scikit-learn", "pyod", "sqlglot")
Line = tuple[str, str, str]  # what, ok | off | bad, sentence


def look(settings: Settings) -> list[Line]:
    """Every line of the report, in a stable order."""
    lines = [*_installation(settings), *_home(settings), *_audit(settings.home)]
    if settings.input is not None:
        lines += _delivery(settings.input, settings)
    return lines


def _installation(settings: Settings) -> Iterator[Line]:
    yield "python", "ok" if sys.version_info >= (3, 11) else "bad", sys.version.split()[0]
    for name in PACKAGES:
        try:
            yield name, "ok", importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            yield name, "bad", "not installed: install fundwatch again"
    try:
        found = steps.sources(settings)
        yield (
            "rules",
            "ok",
            f"{len(found)} rules and detectors, knowledge {knowledge_load.version(settings.home / 'knowledge')}",
        )
    except FundwatchError as error:
        yield "rules", "bad", str(error)


def _home(settings: Settings) -> Iterator[Line]:
    home = settings.home
    try:
        with open_warehouse(home, read_only=True) as con:
            rows = con.sql(
                "select (select count(*) from record.settlement), (select count(*) from record.fee_line),"
                " (select count(*) from run.run)"
            ).fetchall()[0]
            named = held(con)
    except FundwatchError as error:
        yield "home", "off", str(error)
        return
    yield "home", "ok", f"{home}: {rows[0]:,} settlements, {rows[1]:,} fee lines, {rows[2]} runs"
    try:
        refuse_other_way(named, settings.pseudonyms, home)
    except FundwatchError as error:
        yield "pseudonyms", "bad", str(error)


def _audit(home: Path) -> Iterator[Line]:
    try:
        entries, fault = audit_log.verify(home)
        unlogged = sorted({p.parent.name for p in home.glob("runs/[!.]*/manifest.json")} - audit_log.published(home))
    except OSError as error:
        yield "audit log", "bad", f"cannot be read: {error.strerror}"
        return
    if fault is None and unlogged:
        fault = f"it does not know of the run {', '.join(unlogged)}: its end was cut off, or the log was taken away"
    if fault is not None:
        yield "audit log", "bad", f"{entries:,} entries are sound, then: {fault}"
    else:
        yield "audit log", "ok" if entries else "off", f"{entries:,} entries, chain intact"


def _delivery(folder: Path, settings: Settings) -> Iterator[Line]:
    try:
        with workplace(None) as work:
            names = mapping.names(settings.home / "mappings")
            everything = find(folder, work, names)
            listed = list(trial.lists(everything.deliveries, settings.home, work, _key(settings), names))
    except InputRefused as error:
        yield "delivery", "bad", str(error)
        return
    found = everything.deliveries
    for one in found:
        have = len(one.table.fields) - len(one.missing)
        said = f"{one.table.source} ({one.table.name_zh}), {have} of {len(one.table.fields)} fields"
        if one.encoding not in ("", "utf-8"):
            said += f", {one.encoding}"
        yield one.name, "ok", said + (f"; without {', '.join(one.missing)}" if one.missing else "")
    for part in everything.mended:
        yield part.name, "ok", "mended rejects"
    for name, why in everything.left:
        yield name, "off", why
    yield from listed
    brought = {d.table.source for d in found}
    for source in missing_tables(found, set()):
        yield source, "bad", "indispensable and missing"
    yield from _off(brought, found, settings)


def _held(home: Path) -> set[str]:
    """The tables that HOME's record has rows of: an earlier delivery's register serves this one too."""
    try:
        with open_warehouse(home, read_only=True) as con:
            return registers.held(con)
    except FundwatchError:
        return set()  # there is none yet, or its own line says what is wrong


def _key(settings: Settings) -> Pseudonyms | None:
    """The key under which HOME hides persons; looking makes none."""
    return Pseudonyms.of(settings.home) if settings.pseudonyms and (settings.home / KEY_FILE).exists() else None


def _off(brought: set[str], found: list[Delivery], settings: Settings) -> Iterator[Line]:
    every = steps.sources(settings)
    there = brought | _held(settings.home)
    if said := registers.sentence(registers.asleep(every, there), there, settings.language):
        yield "registers", "off", said
    by_target = {t.target: t for t in mapping.tables().values()}
    columns = {(d.table.target, f.column) for d in found for f in d.fields.values()}
    for source in every:
        lacking = []
        for need in source.card.needs:
            _, table, *column = need.split(".")
            places = {tuple(place.split(".")[1:]) for place in (need, *ELSEWHERE.get(need, ()))}
            if by_target[table].source not in brought or (column and not places & columns):
                lacking.append(_named(by_target[table], column))
        if lacking:
            yield source.id, "off", f"will say 'cannot judge': needs {', '.join(lacking)}"


def _named(table: mapping.Table, column: list[str]) -> str:
    """What a source needs, as coverage.csv names it."""
    found = next((f for f in table.fields if column and f.column == column[0]), None)
    return f"{found.name_zh} ({table.source}.{found.source})" if found else f"{table.name_zh} ({table.source})"
