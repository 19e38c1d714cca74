"""One writer at a time: a run holds HOME from its first step to its last."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from data.errors import FundwatchError
from data.warehouse import spill

NAME = "lock"
IN_USE = "{home} is in use by {who}. Wait for it, or stop it."


@contextmanager
def hold(home: Path, name: str = NAME, refusal: str = IN_USE, patience: float = 0) -> Iterator[None]:
    """Hold HOME; the lock goes with the process, however it ends. What a killed one left in HOME/spill is swept.

    Raises FundwatchError naming the holder when it is still held after so many seconds.
    """
    deadline = time.monotonic() + patience
    try:
        (home / name).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = (home / name).open("a+", encoding="utf-8")
    except OSError as error:
        raise FundwatchError(f"{home} cannot be written: {error.strerror}. Choose another --home.") from error
    with handle:
        while not _taken(handle):
            if time.monotonic() >= deadline:
                handle.seek(0)
                who = handle.read().strip() or "another process"
                raise FundwatchError(refusal.format(home=home, who=who))
            time.sleep(1)
        handle.truncate(0)
        handle.write(f"process {os.getpid()}")
        handle.flush()
        if name == NAME:
            spill.sweep(home / spill.NAME)
        yield


def is_held(home: Path, name: str = NAME) -> bool:
    """Whether a process holds HOME just now."""
    try:
        with (home / name).open(encoding="utf-8") as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def _taken(handle: IO[str]) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
