"""The decisions that a run rests on, as each manifest remembers them: how many stood in the audit log, and their hash.

Only what was decided counts, not when or by whom, and no entry that was announced and not done: the same decisions on
the same delivery give the same manifest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from flows.home import audit_log, audit_states
from flows.home.audit_states import Entry

EVENTS = frozenset({*audit_states.EVENTS, "knowledge"})
#: What differs from one telling of the same decision to the next.
PASSING = frozenset("seq at user previous mac states number line_hash follows_unfinished follows_lost date".split())


def anchor(home: Path, con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Number and hash of the decisions of now."""
    entries = audit_log.read(home).entries
    anchored = {n for (n,) in con.execute("select entries from run.audit_head").fetchall()}
    undone, _ = audit_states.announced(entries, audit_states.now(home, con), anchored)
    hashes = _hashes(entries, undone)
    return {"decisions": len(hashes) - 1, "head": hashes[-1]}


def hold(entries: Sequence[Entry], undone: Collection[int], anchored: Mapping[str, Any] | None) -> bool:
    """Whether the log still holds the decisions of a manifest, as they were; one without any says nothing."""
    if anchored is None:
        return True
    hashes, count = _hashes(entries, undone), anchored.get("decisions")
    return isinstance(count, int) and 0 <= count < len(hashes) and hashes[count] == anchored.get("head")


def witness_switches(home: Path, draft: Path, what: Mapping[str, Any]) -> Callable[[], None]:
    """What writes the entry of new switches: to be called when the draft only lacks their name."""
    before = audit_states.of_switches(home)

    def write() -> None:
        audit_log.record(
            home, "rule", None, {**what, "states": {"switches": [before, audit_states.of_switches(home, draft)]}}
        )

    return write


def _hashes(entries: Sequence[Entry], undone: Collection[int]) -> list[str]:
    """The hash after none, one, two ... decisions."""
    hashes = [audit_log.START]
    for entry in entries:
        if entry["event"] in EVENTS and entry["number"] not in undone:
            kept = {k: v for k, v in entry.items() if k not in PASSING}
            text = json.dumps(kept, ensure_ascii=False, sort_keys=True, default=str)
            hashes.append(hashlib.sha256(f"{hashes[-1]}\n{text}".encode()).hexdigest())
    return hashes
