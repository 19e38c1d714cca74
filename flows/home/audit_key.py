"""The key of the audit log: HOME/audit.key, or a file outside HOME named by FUNDWATCH_AUDIT_KEY."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from data.errors import FundwatchError

FILE_NAME = "audit.key"
#: Who may write in HOME can read a key that lies there; one that lies elsewhere closes that door as well.
ELSEWHERE = "FUNDWATCH_AUDIT_KEY"
BYTES = 32


def place(home: Path) -> Path:
    """Where the key lies."""
    return Path(os.environ.get(ELSEWHERE) or home / FILE_NAME)


def read(home: Path) -> bytes | None:
    """The key, None where there is none or what lies there is no key."""
    try:
        key = bytes.fromhex(place(home).read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        return None
    return key if len(key) == BYTES else None


def of(home: Path, is_new: bool) -> bytes:
    """The key, made (0600) for a log that has no keyed entry yet.

    Raises FundwatchError where an older log's key is gone: entries under a fresh one would hide what was done to it.
    """
    path = place(home)
    if (key := read(home)) is not None:
        return key
    if path.exists() or not is_new:
        state = "is damaged" if path.exists() else "is missing"
        raise FundwatchError(
            f"The key of the audit log, {path}, {state}, so nothing was done. Put it back from a copy; if it is"
            f" lost for good, move audit.log, audit.head and {path.name} into a folder of their own: a new log begins,"
            " and `fundwatch doctor` goes on saying that the old one ended."
        )
    aside = path.with_name(path.name + ".part")
    aside.unlink(missing_ok=True)
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    key = secrets.token_bytes(BYTES)
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(key.hex() + "\n")
        out.flush()
        os.fsync(out.fileno())
    aside.replace(path)
    return key


def mac(key: bytes, text: bytes) -> str:
    """HMAC-SHA256 as hex digits."""
    return hmac.new(key, text, hashlib.sha256).hexdigest()
