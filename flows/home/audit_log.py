"""The audit log: one JSON line an event, numbered, each with the hash of the line before and a keyed code (HMAC).

It is only ever appended to. How far it has come stands in HOME/audit.head under the same key, and in the warehouse
beside what an event changed. A line is written before its change: a change without its line cannot be, the reverse can.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import pwd
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.errors import FundwatchError
from data.warehouse import commit
from flows.home import audit_head, audit_key, audit_states
from flows.home.audit_head import Head
from flows.home.audit_states import Entry

if TYPE_CHECKING:
    import duckdb

FILE_NAME = "audit.log"
#: What the first line follows.
START = "0" * 64
#: The entry under which the entries of an earlier version, which had no key, stand from then on.
TAKEN_OVER = "taken over"


@dataclass
class Log:
    """What a log holds: its sound entries in their order, and the first thing that is wrong with it."""

    entries: list[Entry] = field(default_factory=list)  # each with `number` and `line_hash` beside what it says
    keyless: int = 0  # entries of an earlier version, the first ones
    taken_over: str | None = None  # the day on which they were put under the key
    fault: str | None = None

    @property
    def last(self) -> int:
        """The number of the last entry."""
        return int(self.entries[-1]["number"]) if self.entries else 0


def record(
    home: Path, event: str, run_id: str | None, what: Mapping[str, Any], con: duckdb.DuckDBPyConnection | None = None
) -> None:
    """Append one event and make it durable; `what` holds counts and file names, nothing of a person.

    Call it before the files get their names: an export without its line cannot be, the reverse can. With a connection
    that writes, the warehouse keeps how far the log has come, in the transaction that is open. Raises FundwatchError
    when the log cannot be written; the log is then as it was.
    """
    path = home / FILE_NAME
    try:
        is_first = not path.exists()
        with _held(path) as handle:
            number, line_hash = _append(home, handle, path.read_bytes(), con, event, run_id, what)
        if is_first:
            sync_folder(home)
    except OSError as error:
        raise FundwatchError(
            f"The audit log {path} cannot be written ({error.strerror}), so nothing was exported."
        ) from error
    if con is not None:
        con.execute(
            "insert into run.audit_head values ($number, $hash, $event, $run, $at)",
            {"number": number, "hash": line_hash, "event": event, "run": run_id, "at": _now().replace(tzinfo=None)},
        )
        commit.then(con, audit_head.FILE_NAME, lambda: _stands(home, number))


@contextmanager
def _held(path: Path) -> Iterator[int]:
    """The log open for appending, by nobody else."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)


def _stands(home: Path, number: int) -> None:
    """The warehouse holds the change of this entry. Where that cannot be kept the next entry keeps it."""
    try:
        with _held(home / FILE_NAME):
            key, head = audit_key.read(home), audit_head.read(home)
            if key is not None and head is not None and head.committed < number:
                audit_head.write(home, key, head._replace(committed=number))
    except OSError:
        return


def read(home: Path) -> Log:
    """Every sound entry and the first fault. An unfinished last line is a write that never counted."""
    path = home / FILE_NAME
    text = path.read_bytes() if path.exists() else b""
    key = audit_key.read(home)
    log = _lines(text, key)
    if log.fault is None and (_is_keyed(home, text) or (home / audit_key.FILE_NAME).exists()):
        log.fault = _beside_head(home, log, key, audit_head.read(home))
    return log


def verify(home: Path) -> tuple[int, str | None]:
    """(sound entries, what is wrong with the log or None)."""
    log = read(home)
    return len(log.entries), log.fault


def published(home: Path) -> set[str]:
    """The runs whose publication the log holds."""
    return {str(e["run_id"]) for e in read(home).entries if e["event"] == "publish"}


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _append(
    home: Path,
    handle: int,
    before: bytes,
    con: duckdb.DuckDBPyConnection | None,
    event: str,
    run_id: str | None,
    what: Mapping[str, Any],
) -> tuple[int, str]:
    """Write the event's line; its number and its hash. The head is ready aside before, so a full disk is met first."""
    is_keyed = _is_keyed(home, before)
    key, log = audit_key.of(home, not is_keyed), _lines(before, audit_key.read(home))
    head, anchored = audit_head.read(home) or Head(0, START), _anchored(con)
    lost = is_keyed and _beside_head(home, log, key, head if head.entries else None)
    number = max(log.last, head.entries, anchored)  # what was cut off leaves a gap in the numbers for good
    is_torn = bool(before) and not before.endswith(b"\n")
    previous, lines = before.rstrip(b"\n").rpartition(b"\n")[2] if before else None, b"\n" if is_torn else b""
    states = {**audit_states.changed(con, log.entries, key), **what.get("states", {})}
    events = [{"event": event, "run_id": run_id, **what, **({"states": states} if states else {})}]
    if before and not is_keyed:
        events.insert(0, _taking_over(before, log))
    for one in events:
        number += 1
        entry: Entry = {"seq": number, "at": _now().isoformat(timespec="seconds"), "user": _user(), **one}
        if is_torn and one is events[0]:
            entry["follows_unfinished"] = True
        if lost and one is events[-1]:
            entry["follows_lost"] = True  # said for good: the next head would hide it
        entry["previous"] = START if previous is None else hashlib.sha256(previous).hexdigest()
        entry["mac"] = audit_key.mac(key, audit_head.text(entry))
        previous = audit_head.text(entry)
        lines += previous + b"\n"
    line_hash = hashlib.sha256(previous or b"").hexdigest()
    aside = audit_head.write_aside(home, key, Head(number, line_hash, max(head.committed, anchored)))
    try:
        if os.write(handle, lines) < len(lines):
            raise OSError(28, "No space left on device")
        os.fsync(handle)
    except OSError:
        os.ftruncate(handle, len(before))  # an event that did not happen leaves no half line
        raise
    aside.replace(home / audit_head.FILE_NAME)
    return number, line_hash


def _taking_over(before: bytes, log: Log) -> Entry:
    """The entry that puts what an earlier version wrote under the key, with what was wrong with it then."""
    fault = {"fault": log.fault} if log.fault else {}
    return {"event": TAKEN_OVER, "run_id": None, "entries": len(log.entries), "sha256": _sha(before), **fault}


def _lines(text: bytes, key: bytes | None) -> Log:
    log, previous, torn, whole_before = Log(), START, 0, b""
    *whole, _unfinished = text.split(b"\n")
    for number, line in enumerate(whole, 1):
        entry = _sound(line, key)
        if torn and (entry is None or not entry.get("follows_unfinished")):
            log.fault = f"line {torn} is damaged, or was written under another key"
        elif entry is None and key is None and b'"mac":' in line:
            log.fault = f"line {number} cannot be read without the key of the log, which is missing or damaged"
        elif entry is None:
            torn = number
        else:
            log.fault, torn = _unfit(log, entry, previous, number, whole_before), 0
            if log.fault is None:
                _take(log, entry, line)
        if log.fault is not None:
            return log
        previous, whole_before = _sha(line), whole_before + line + b"\n"
    log.fault = f"line {torn} is damaged, or was written under another key" if torn else None
    return log


def _take(log: Log, entry: Entry, line: bytes) -> None:
    log.keyless += "seq" not in entry
    if entry["event"] == TAKEN_OVER:
        log.taken_over = str(entry["at"])[:10]
    log.entries.append(entry | {"number": entry.get("seq", log.last + 1), "line_hash": _sha(line)})


def _unfit(log: Log, entry: Entry, previous: str, number: int, whole_before: bytes) -> str | None:
    """Why an entry that is sound by itself does not belong here."""
    if entry["previous"] != previous:
        return f"line {number} does not follow from the line before it: one was changed or taken out"
    is_first_keyed = "seq" in entry and len(log.entries) == log.keyless
    if "seq" not in entry:
        return None if len(log.entries) == log.keyless else f"line {number} was put in: it has no keyed code"
    if entry["seq"] != log.last + 1:
        return f"{_span(log.last + 1, entry['seq'] - 1)} missing before line {number}"
    if is_first_keyed and log.keyless:
        old = whole_before if entry.get("follows_unfinished") is None else whole_before[:-1]
        if entry["event"] != TAKEN_OVER or entry["sha256"] != _sha(old) or entry["entries"] != log.keyless:
            return f"the {log.keyless} lines before line {number} are not those that were taken over"
    if entry["event"] == TAKEN_OVER and entry.get("fault"):
        return f"when the log of the earlier version was taken over, {entry['fault']}"
    if entry.get("follows_lost"):
        return (
            f"the log did not end as {audit_head.FILE_NAME} says when line {number} was written: entries before it are"
            " lost"
        )
    return None


def _beside_head(home: Path, log: Log, key: bytes | None, head: Head | None) -> str | None:
    """What is wrong between the log and its head. The log may be one event ahead: the head is written after it."""
    if key is None:
        return f"its key {audit_key.place(home)} is missing or damaged, so it cannot be told whether it is as written"
    if head is None:
        ready = audit_head.read(home, audit_head.ASIDE)  # killed between the first line and its head
        if ready and log.entries and ready[:2] == (log.last, log.entries[-1]["line_hash"]):
            return None
        if len(log.entries) == log.keyless:
            return "it holds nothing under its key: it was taken away, or an older one lies in its place"
        return f"{audit_head.FILE_NAME}, which says where the log ends, is missing or damaged"
    if log.last < head.entries:
        return f"its end was cut off: {_span(log.last + 1, head.entries)} missing"
    if head.entries and head.line_hash not in {e["line_hash"] for e in log.entries if e["number"] == head.entries}:
        return f"entry {head.entries} is not the one that {audit_head.FILE_NAME} knows: the log was made anew"
    return None


def _span(first: int, last: int) -> str:
    return f"entry {first} is" if first == last else f"entries {first} to {last} are"


def _is_keyed(home: Path, text: bytes) -> bool:
    """Whether this HOME's log holds entries under a key, or held some: one without is an earlier version's."""
    return b'"mac":' in text or (home / audit_head.FILE_NAME).exists()


def _anchored(con: duckdb.DuckDBPyConnection | None) -> int:
    """How far the log had come as far as the warehouse knows, without what is not committed yet."""
    if con is None:
        return 0
    with con.cursor() as committed:
        return int(committed.execute("select coalesce(max(entries), 0) from run.audit_head").fetchall()[0][0])


def _sound(line: bytes, key: bytes | None) -> Entry | None:
    """The entry if the line is whole and its code is right; of an earlier version's, if it says its own hash."""
    try:
        entry = json.loads(line)
        code = entry.pop("mac", None)
        if code is None:
            is_sound = "seq" not in entry and entry.pop("hash") == _sha(audit_head.text(entry))
        else:
            is_sound = (
                key is not None and code == audit_key.mac(key, audit_head.text(entry)) and isinstance(entry["seq"], int)
            )
        is_sound = is_sound and {"event", "run_id", "previous", "at"} <= set(entry)
    except (ValueError, KeyError, AttributeError, TypeError):
        return None
    return dict(entry) if is_sound else None


def _sha(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def _now() -> datetime:
    return datetime.now(UTC)


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
