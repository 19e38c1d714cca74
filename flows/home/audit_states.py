"""What the casebook and the switches hold, as a count and a hash: every entry that changes them says both before and
after, so that a change past the log, or an entry without its change, is seen."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb

from data.warehouse.connection import has
from flows.home import audit_log
from flows.home.audit_log import Entry

#: What is watched in the warehouse, by the name it has in the log.
TABLES = {
    "verdicts": "casebook.verdict",
    "suppressions": "casebook.suppression",
    "dismissed": "run.rejected",
}
#: The events that change each of them.
EVENTS = {"verdict": "verdicts", "suppress": "suppressions", "dismiss rejected": "dismissed", "rule": "switches"}
#: Only what a person said of them: the rows themselves come again and get mended with deliveries.
_DISMISSED = "select distinct file, source_table, dismissed from {table} where dismissed is not null"
SWITCHES = "switches.toml"
NOTHING = "0:"


def of_table(con: duckdb.DuckDBPyConnection, name: str) -> str:
    """Rows and hash of a watched table; columns that are empty do not count, so that a later version may add some."""
    table = TABLES[name]
    if not has(con, table) or (name == "dismissed" and not has(con, table, "dismissed")):
        return NOTHING
    rows = _DISMISSED.format(table=table) if name == "dismissed" else f"select * from {table}"
    count, text = con.execute(
        f"""
        with kept as (select json_merge_patch('{{}}', to_json(r))::varchar as said from ({rows}) as r)
        select count(*), sha256(string_agg(said, chr(10) order by said)) from kept
        """
    ).fetchall()[0]
    return f"{count}:{text[:32]}" if count else NOTHING


def of_files(paths: Mapping[str, Path]) -> str:
    """Number and hash of files by their names."""
    here = {name: path.read_bytes() for name, path in sorted(paths.items()) if path.is_file()}
    digest = hashlib.sha256()
    for name, content in here.items():
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return f"{len(here)}:{digest.hexdigest()[:32]}" if here else NOTHING


def of_switches(home: Path, draft: Path | None = None) -> str:
    """The state of HOME's switches, or of the draft that is about to take their place."""
    return of_files({SWITCHES: draft or home / SWITCHES})


def now(home: Path, con: duckdb.DuckDBPyConnection | None) -> dict[str, str]:
    """Every state that can be told: without a connection the files' only."""
    states = {name: of_table(con, name) for name in TABLES} if con is not None else {}
    return states | {"switches": of_switches(home)}


def witness(
    con: duckdb.DuckDBPyConnection, home: Path, name: str, event: str, what: Mapping[str, Any]
) -> Callable[[], None]:
    """What writes the event's entry: to be called inside the transaction, when all that it changes is changed."""
    before = of_table(con, name)

    def write() -> None:
        states = {name: [before, of_table(con, name)]}
        audit_log.record(home, event, None, {**what, "states": states}, con)

    return write


def witness_switches(home: Path, draft: Path, what: Mapping[str, Any]) -> Callable[[], None]:
    """What writes the entry of new switches: to be called when the draft only lacks their name."""
    before = of_switches(home)
    return lambda: audit_log.record(
        home, "rule", None, {**what, "states": {"switches": [before, of_switches(home, draft)]}}
    )


def announced(entries: list[Entry], current: Mapping[str, str], anchored: set[int]) -> tuple[set[int], list[str]]:
    """(numbers of entries whose change was not made, what was changed past the log).

    A process may die between its entry and its change. That entry's `after` is never seen again: the next one begins
    where it began. `anchored` are the entries that the warehouse kept together with their change.
    """
    undone: set[int] = set()
    faults: list[str] = []
    for name in sorted({n for e in entries for n in e.get("states", {})} | set(current)):
        steps = [(e["number"], *e["states"][name]) for e in entries if name in e.get("states", {})]
        reached = [(f"before entry {number}", before) for number, before, _ in steps[1:]]
        reached += [("since", current[name])] if name in current else []
        for (number, before, after), (when, seen) in zip(steps, reached, strict=False):
            if seen == after:
                continue
            if seen == before and number not in anchored:
                undone.add(number)
            else:
                faults.append(f"the {name} were changed past the log after entry {number}, {when}")
        if not steps and name in current:
            faults += _beyond_old(entries, name, current[name])
    return undone, faults


def _beyond_old(entries: list[Entry], name: str, seen: str) -> list[str]:
    """What stands in HOME and no entry, not even one of an earlier version, accounts for."""
    rows = int(seen.partition(":")[0])
    old = [e for e in entries if EVENTS.get(e["event"]) == name]
    most = sum(int(e.get("new") or e.get("count") or 1) for e in old)
    if name == "switches":
        rows = min(rows, 1)
    if rows > most:
        return [f"the {name} hold {rows:,} and the log tells of {most:,}"]
    return []
