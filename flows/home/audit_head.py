"""HOME/audit.head: where the audit log ends, and how far the warehouse had come, under the key of the log."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from flows.home import audit_key

FILE_NAME = "audit.head"
ASIDE = ".part"


class Head(NamedTuple):
    """The number and the hash of the last entry; the last entry whose change the warehouse holds."""

    entries: int
    line_hash: str
    committed: int = 0


def read(home: Path, more: str = "") -> Head | None:
    """The head, where it is whole and under the key."""
    key = audit_key.read(home)
    try:
        content = json.loads((home / (FILE_NAME + more)).read_bytes())
        code = content.pop("mac")
        if key is None or code != audit_key.mac(key, text(content)):
            return None
        return Head(int(content["entries"]), str(content["head"]), int(content.get("committed", 0)))
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return None


def write_aside(home: Path, key: bytes, head: Head) -> Path:
    """The head, durable under another name: what it stands for is not there yet."""
    content = {"entries": head.entries, "head": head.line_hash, "committed": head.committed}
    aside = home / (FILE_NAME + ASIDE)
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(text(content | {"mac": audit_key.mac(key, text(content))}) + b"\n")
        out.flush()
        os.fsync(out.fileno())
    return aside


def write(home: Path, key: bytes, head: Head) -> None:
    """Replace the head."""
    write_aside(home, key, head).replace(home / FILE_NAME)


def text(content: Mapping[str, Any]) -> bytes:
    """What is hashed and put under the key."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=str).encode()
