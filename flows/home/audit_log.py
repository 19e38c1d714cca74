"""The audit log: one JSON line an export, each with the hash of the line before; it is only ever appended to."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import pwd
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from data.errors import FundwatchError

FILE_NAME = "audit.log"
#: What the first line follows.
START = "0" * 64


def record(home: Path, event: str, run_id: str | None, what: Mapping[str, Any]) -> None:
    """Append one event and make it durable; `what` holds counts and file names, nothing of a person.

    Call it before the files get their names: an export without its line cannot be, the reverse can.
    Raises FundwatchError when the log cannot be written; the log is then as it was.
    """
    path = home / FILE_NAME
    try:
        is_first = not path.exists()
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            _append(handle, path.read_bytes(), {"event": event, "run_id": run_id, **what})
        finally:
            os.close(handle)
        if is_first:
            sync_folder(home)
    except OSError as error:
        raise FundwatchError(
            f"The audit log {path} cannot be written ({error.strerror}), so nothing was exported."
        ) from error


def verify(home: Path) -> tuple[int, str | None]:
    """(entries, what is wrong with the chain or None). An unfinished last line is a write that never counted."""
    path = home / FILE_NAME
    if not path.exists():
        return 0, None
    *whole, _unfinished = path.read_bytes().split(b"\n")
    previous, entries, torn = START, 0, 0
    for number, line in enumerate(whole, 1):
        entry = _read(line)
        if torn and (entry is None or not entry.get("follows_unfinished")):
            return entries, f"line {torn} is damaged"
        if entry is None:
            torn = number
        elif entry["previous"] != previous:
            return entries, f"line {number} does not follow from the line before it: one was changed or taken out"
        else:
            torn, entries = 0, entries + 1
        previous = hashlib.sha256(line).hexdigest()
    return entries, f"line {torn} is damaged" if torn else None


def published(home: Path) -> set[str]:
    """The runs whose publication the log holds."""
    path = home / FILE_NAME
    entries = map(_read, path.read_bytes().split(b"\n")) if path.exists() else ()
    return {str(e["run_id"]) for e in entries if e is not None and e["event"] == "publish"}


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _append(handle: int, before: bytes, what: Mapping[str, Any]) -> None:
    is_torn = bool(before) and not before.endswith(b"\n")
    last = before.rstrip(b"\n").rpartition(b"\n")[2]
    entry = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "user": _user(), **what}
    if is_torn:
        entry["follows_unfinished"] = True
    entry["previous"] = hashlib.sha256(last).hexdigest() if before else START
    entry["hash"] = _hash(entry)
    line = (b"\n" if is_torn else b"") + _text(entry) + b"\n"
    try:
        if os.write(handle, line) < len(line):
            raise OSError(28, "No space left on device")
        os.fsync(handle)
    except OSError:
        os.ftruncate(handle, len(before))  # an event that did not happen leaves no half line
        raise


def _read(line: bytes) -> dict[str, Any] | None:
    """The entry if the line is whole and says its own hash."""
    try:
        entry = json.loads(line)
        said = entry.pop("hash")
        is_sound = said == _hash(entry) and {"event", "run_id", "previous"} <= set(entry)
    except (ValueError, KeyError, AttributeError, TypeError):
        return None
    return dict(entry) if is_sound else None


def _hash(entry: Mapping[str, Any]) -> str:
    return hashlib.sha256(_text(entry)).hexdigest()


def _text(entry: Mapping[str, Any]) -> bytes:
    return json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode()


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
