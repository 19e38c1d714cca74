"""Processes of this machine: the one a number was written down for, and ending it."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path

BOOT = Path("/proc/sys/kernel/random/boot_id")
#: Seconds between two looks at the process that is followed.
LOOK = 0.5


def born(pid: int) -> str | None:
    """When this process started, None if there is none; with the number it names one process for good."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None if BOOT.exists() else _born_elsewhere(pid)
    if after_name[0] in ("Z", "X"):
        return None
    return f"{BOOT.read_text(encoding='utf-8').strip()} {after_name[19]}"


def mark() -> str:
    """This process, as `lives` knows it again."""
    return f"{os.getpid()} {born(os.getpid())}"


def lives(marked: str) -> bool:
    """Whether the process of this mark is still there."""
    pid, _, started = marked.partition(" ")
    return pid.isdecimal() and born(int(pid)) == started


def follow(marked: str) -> None:
    """End this process at once when that of this mark is gone: who was killed cannot end what it began.

    A thread that looks, and not PR_SET_PDEATHSIG: that one fires when the thread ends that began the process, and it is
    Linux's alone.
    """

    def look() -> None:
        while lives(marked):
            time.sleep(LOOK)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=look, daemon=True, name="follow").start()


def end(pid: int, started: str | None, patience: float = 20.0) -> None:
    """End this process and what it started in its session: asked first, then killed."""
    for signum in (signal.SIGTERM, signal.SIGKILL):
        if started is None or born(pid) != started:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signum) if os.getpgid(pid) == pid else os.kill(pid, signum)
        deadline = time.monotonic() + patience
        while born(pid) == started and time.monotonic() < deadline:
            time.sleep(0.1)


def _born_elsewhere(pid: int) -> str | None:
    """The same where there is no /proc."""
    listed = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return listed.stdout.strip() or None
