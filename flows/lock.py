"""One writer at a time: a run holds HOME from its first step to its last."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data.errors import FundwatchError


@contextmanager
def hold(home: Path) -> Iterator[None]:
    """Hold HOME; the lock goes with the process, however it ends. Raises FundwatchError naming the holder."""
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = (home / "lock").open("a+", encoding="utf-8")
    except OSError as error:
        raise FundwatchError(f"{home} cannot be written: {error.strerror}. Choose another --home.") from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            handle.seek(0)
            who = handle.read().strip() or "another process"
            raise FundwatchError(f"{home} is in use by {who}. Wait for it, or stop it.") from error
        handle.truncate(0)
        handle.write(f"process {os.getpid()}")
        handle.flush()
        yield
