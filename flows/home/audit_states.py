"""What the casebook and the switches hold, as a count and a hash: every entry that changes them says both before and
after, so that a change past the log, or an entry without its change, is seen.

Every table of the schema casebook is watched, whole. One that runs write says so above its declaration in the schema's
file (`-- written by runs`), and what of it people decide all the same (`, but for: select ...`).
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb

from data.warehouse.connection import ddl
from flows.home import audit_key

Entry = dict[str, Any]
#: Names that stood in logs before a table went by its own.
NAMES = {"casebook.verdict": "verdicts", "casebook.suppression": "suppressions", "run.rejected": "dismissed"}
#: The events that changed each of them when entries did not say so yet; a run rests on these decisions.
EVENTS = {"verdict": "verdicts", "suppress": "suppressions", "dismiss rejected": "dismissed", "rule": "switches"}
SWITCHES = "switches.toml"
NOTHING = "0:"
_DECLARED = re.compile(
    r"(?:^-- (written by runs)(?:, but for: (?P<part>select [^\n]+))?\n)?"
    r"^create table if not exists (?P<table>\w+\.\w+)",
    re.MULTILINE,
)
#: Columns that are empty do not count, so that a later version may add some.
_ROW = "json_merge_patch('{}', to_json(r))::varchar"


@functools.cache
def watched() -> Mapping[str, str]:
    """Of all that people write, the name in the log and the query that gives what they wrote."""
    queries: dict[str, str] = {}
    for match in _DECLARED.finditer(ddl()):
        table, part = match["table"], match["part"]
        if part or (match[1] is None and table.startswith("casebook.")):
            name = NAMES.get(table, table.partition(".")[2])
            queries[name] = part or f"select * from {table}"
    return queries


def of_table(con: duckdb.DuckDBPyConnection, name: str, key: bytes | None) -> str:
    """Rows and hash of what is watched; nothing where a warehouse of an earlier version lacks it.

    The hash is made with the log's key: who is only given the log cannot try out whose telephone a row holds.
    """
    try:
        count, text = con.execute(
            f"""
            with kept as (select {_ROW} as said from ({watched()[name]}) as r)
            select count(*), sha256(string_agg(said, chr(10) order by said)) from kept
            """
        ).fetchall()[0]
    except (duckdb.CatalogException, duckdb.BinderException):  # a table, or a column of one, that came since
        return NOTHING
    if count and name not in NAMES.values():  # those stand without it in logs of an earlier version
        text = audit_key.mac(key or b"", text.encode())
    return f"{count}:{text[:32]}" if count else NOTHING


def changed(con: duckdb.DuckDBPyConnection | None, entries: Iterable[Entry], key: bytes) -> dict[str, list[str]]:
    """What the open transaction changed, each before and after; and, as it stands, what no entry tells of yet."""
    if con is None:
        return {}
    logged_names = {name for entry in entries for name in entry.get("states", {})}
    with con.cursor() as committed:
        before, after = _glance(committed), _glance(con)
        names = [name for name in watched() if name not in logged_names or before[name] != after[name]]
        return {name: [_of_any(committed, name, key, before), _of_any(con, name, key, after)] for name in names}


def _of_any(con: duckdb.DuckDBPyConnection, name: str, key: bytes, glance: Mapping[str, str]) -> str:
    return NOTHING if glance[name].startswith(NOTHING) else of_table(con, name, key)


def _glance(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """A cheap figure of each table: it differs where the rows do, which is enough where nobody is the enemy."""
    query = " union all ".join(
        f"select '{name}', count(*) || ':' || coalesce(sum(hash(r)::hugeint), 0) from ({query}) as r"
        for name, query in watched().items()
    )
    return dict(con.execute(query).fetchall())


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
    key = audit_key.read(home)
    states = {name: of_table(con, name, key) for name in watched()} if con is not None else {}
    return states | {"switches": of_switches(home)}


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
        if steps:
            faults += _beyond_old([e for e in entries if e["number"] < steps[0][0]], name, steps[0][1])
        elif name in current:
            faults += _beyond_old(entries, name, current[name])
    return undone, faults


def _beyond_old(entries: list[Entry], name: str, seen: str) -> list[str]:
    """What stands in HOME and no entry, not even one of an earlier version, accounts for."""
    rows = int(seen.partition(":")[0])
    if name not in EVENTS.values():  # an earlier version's log tells of acts and not of rows
        return [f"the {name} hold {rows:,} rows and the log tells of nothing"] if rows and not entries else []
    old = [e for e in entries if EVENTS.get(e["event"]) == name]
    most = sum(int(e.get("new") or e.get("count") or 1) for e in old)
    if name == "switches":
        rows = min(rows, 1)
    if rows > most:
        return [f"the {name} hold {rows:,} and the log tells of {most:,}"]
    return []
