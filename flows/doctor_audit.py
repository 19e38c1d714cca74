"""What doctor says of the audit log: whether it is as it was written, and whether HOME is as it says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from data.errors import FundwatchError
from data.warehouse import commit, events
from data.warehouse.connection import changed_views, has, open_warehouse
from flows.doctor_delivery import Line
from flows.home import audit_head, audit_log, audit_states, decisions
from flows.home.audit_log import Log

WHAT = "audit log"
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Seen:
    """What the warehouse and the switches show, read once; without a warehouse the switches alone."""

    states: dict[str, str]
    anchors: list[tuple[Any, ...]] = field(default_factory=list)
    runs: set[str] = field(default_factory=set)
    last_event: int | None = None  # None: there is no warehouse to ask
    changed_views: list[str] = field(default_factory=list)


def lines(home: Path) -> Iterator[Line]:
    """The lines about the log: what is wrong with it, or that it is whole; then what was announced and not done."""
    try:
        yield from list(judged(home, audit_log.read(home), seen(home)))
    except OSError as error:
        yield WHAT, "bad", f"cannot be read: {error.strerror}"


def seen(home: Path) -> Seen:
    """Everything but the log."""
    anchors = "select entries, head, event, run_id from run.audit_head order by entries, head"
    try:
        with open_warehouse(home, read_only=True) as con:
            return Seen(
                audit_states.now(home, con),
                con.execute(anchors).fetchall() if has(con, "run.audit_head") else [],
                {str(run) for (run,) in con.execute("select distinct run_id from run.run").fetchall()},
                events.last(con) if has(con, "run.event_counter") else 0,
                changed_views(con),
            )
    except (FundwatchError, duckdb.Error):  # doctor says elsewhere what is wrong with the warehouse
        return Seen(audit_states.now(home, None))


def judged(home: Path, log: Log, seen: Seen) -> Iterator[Line]:
    """What the log says beside what is there."""
    undone, changed = audit_states.announced(log.entries, seen.states, {n for n, *_ in seen.anchors})
    faults = [log.fault] if log.fault is not None else []
    faults += [f for f in (_anchor_fault(log, seen.anchors), *_runs(home, log, seen.runs, undone)) if f is not None]
    faults += [*_lost(home, seen), *changed]
    entries = len(log.entries)
    if faults:
        yield WHAT, "bad", f"{entries:,} entries are sound, then: {faults[0]}"
        for fault in faults[1:]:
            yield WHAT, "bad", fault
    else:
        yield WHAT, "ok" if entries else "off", f"{entries:,} entries, chain intact"
    if log.keyless:
        taken = f"taken over on {log.taken_over}" if log.taken_over else "the next entry takes them over"
        yield WHAT, "ok", f"{log.keyless:,} entries are of an earlier version and without a key; {taken}"
    for entry in log.entries:
        if entry["number"] in undone:
            yield (
                WHAT,
                "ok",
                f"entry {entry['number']} ({entry['event']}) was announced and not done: it was interrupted",
            )


def _anchor_fault(log: Log, anchors: list[tuple[Any, ...]]) -> str | None:
    """The first place at which the log is not the one that the warehouse remembers."""
    if log.fault is not None or not anchors:
        return None
    have = {e["number"]: (e["line_hash"], e["event"]) for e in log.entries}
    for number, head, event, _ in anchors:
        if number not in have:
            return f"the warehouse knows of {anchors[-1][0]} entries: its end was cut off, or the log was taken away"
        if have[number] != (head, event):
            return f"entry {number} is not the one that the warehouse knows: the log was made anew"
    return None


def _lost(home: Path, seen: Seen) -> Iterator[str]:
    """What was committed and is not in the warehouse, and views of it that are not this version's."""
    if seen.last_event is None:
        return
    head, last = audit_head.read(home), max((number for number, *_ in seen.anchors), default=0)
    if head is not None and head.committed > last:
        yield (
            f"the warehouse lacks what entry {head.committed} changed: its last changes are lost, or an older copy"
            " lies in its place"
        )
    if (kept := commit.kept(home)) > seen.last_event:
        yield (
            f"the warehouse holds {seen.last_event:,} events and {commit.FILE_NAME} tells of {kept:,}: its last changes"
            " are lost, or an older copy lies in its place"
        )
    for view in seen.changed_views:
        yield f"the view {view} was changed: it does not show what the casebook holds"


def _runs(home: Path, log: Log, kept: set[str], undone: set[int]) -> Iterator[str]:
    """Runs that the log does not know, and manifests that are not those it knows."""
    last = {str(e["run_id"]): e.get("manifest") for e in log.entries if e["event"] == "publish"}
    folders = {p.parent.name: p for p in sorted(home.glob(f"runs/[!.]*/{MANIFEST}"))}
    if unlogged := sorted((set(folders) | kept) - set(last)):
        yield f"it does not know of the run {', '.join(unlogged)}: its end was cut off, or the log was taken away"
    for run, path in folders.items():
        text = path.read_bytes()
        if last.get(run) not in (None, hashlib.sha256(text).hexdigest()):
            yield f"the manifest of run {run} is not the one that was published"
        elif run in last and not decisions.hold(log.entries, undone, _anchor_of(text)):
            yield f"the manifest of run {run} knows of decisions that the log does not hold, or holds otherwise"


def _anchor_of(text: bytes) -> dict[str, Any] | None:
    try:
        said = json.loads(text)
        return dict(said["audit"]) if "audit" in said else None
    except (ValueError, TypeError):
        return None
