"""HOME/spill: where copies of delivered data lie while they are worked on, and nowhere else.

Each folder has a lock beside it that goes with its process, so that what a killed one left is known and swept.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import IO

NAME = "spill"
HELD = ".held"
#: Where a command of this process keeps such copies when it is not told each time.
_PLACE: ContextVar[Path | None] = ContextVar("place", default=None)


def use(home: Path) -> None:
    """From here on this process keeps its copies under this HOME."""
    _PLACE.set(home / NAME)


def place() -> Path:
    """Where copies are kept: HOME's once a command has said which, else the system's own folder for such."""
    return _PLACE.get() or Path(tempfile.gettempdir())


@contextmanager
def folder(parent: Path, prefix: str) -> Iterator[Path]:
    """A folder of its own below `parent`, empty, gone afterwards. Raises OSError where none can be made."""
    fresh = [above for above in (parent, *parent.parents) if not above.exists()]
    handle = _hold(parent, prefix)
    lock = Path(handle.name)
    own = lock.with_suffix("")
    try:
        own.mkdir(mode=0o700)
        yield own
    finally:
        shutil.rmtree(own, ignore_errors=True)
        lock.unlink(missing_ok=True)
        handle.close()
        for above in fresh:  # who only looks leaves no new HOME behind; one that is filled stays
            with suppress(OSError):
                above.rmdir()


def sweep(parent: Path) -> int:
    """Remove what no process works on; returns how many."""
    swept = sum(_let_go(lock) for lock in sorted(parent.glob(f"*{HELD}")))
    for left in sorted(parent.iterdir()) if parent.is_dir() else ():
        if left.suffix != HELD and not left.with_name(left.name + HELD).exists():
            swept += _remove(left)  # from an earlier version
    return swept


def _let_go(lock: Path) -> bool:
    """Remove a lock and its folder unless a process holds it."""
    try:
        with lock.open("r+") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(lock.with_suffix(""))
            lock.unlink(missing_ok=True)
    except OSError:
        return False
    return True


def _remove(place: Path) -> bool:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place, ignore_errors=True)
    else:
        with suppress(OSError):
            place.unlink()
    return not place.exists()


def _hold(parent: Path, prefix: str) -> IO[str]:
    """A lock of a new name; one that was swept before it was held is made again."""
    while True:
        parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            handle = (parent / f"{prefix}-{os.getpid()}-{secrets.token_hex(4)}{HELD}").open("x")
        except FileNotFoundError:  # who made the parent took it away again
            continue
        fcntl.flock(handle, fcntl.LOCK_EX)
        if Path(handle.name).exists():
            return handle
        handle.close()
