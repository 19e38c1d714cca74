"""What runs on this machine after a run: the commands that HOME's own fundwatch.toml names, and no one else.

They hear how the run ended and where its lists are, in their environment, and nothing of what it found. Whatever
becomes of them, the run has ended as it has.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from flows.home.settings import Settings

#: Seconds a command has: a message is sent or a folder copied; what takes longer is for a scheduler.
SECONDS = 300.0
#: Nothing of the service's own environment is handed on: it holds the server's secret.
OURS = ("FUNDWATCH_", "PREFECT_")


def call(
    settings: Settings,
    code: int,
    say: Callable[[str], None],
    *,
    run_id: str | None = None,
    folder: Path | None = None,
    seconds: float = SECONDS,
) -> None:
    """Run after_success or after_failure, if there is one; what goes wrong with it is said and changes nothing.

    `code` is the exit code that the run ended or would have ended with.
    """
    name = "after_failure" if code else "after_success"
    command = settings.after_failure if code else settings.after_success
    if not command:
        return
    variables = {
        "FUNDWATCH_HOME": str(settings.home.resolve()),
        "FUNDWATCH_EXIT": str(code),
        "FUNDWATCH_STATE": "failed" if code else "completed",
        "FUNDWATCH_RUN_ID": run_id or "",
        "FUNDWATCH_FOLDER": str(folder.resolve()) if folder else "",
        "FUNDWATCH_OUT": str(settings.out.resolve()) if settings.out and not code else "",
    }
    with suppress(OSError):
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        ended, complaint = _run(command, variables, settings.home, seconds)
    except OSError as error:
        say(f"{name} could not be started: {error.strerror or error}. The run stands as it is.")
        return
    if ended is None:
        say(f"{name} was ended after {seconds:g} seconds. The run stands as it is.")
    elif ended:
        say(f"{name} ended with {ended}{complaint}. The run stands as it is.")


def _run(command: tuple[str, ...], variables: Mapping[str, str], home: Path, seconds: float) -> tuple[int | None, str]:
    """Its exit code, None where it had to be ended, and the last line it complained with."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    process = subprocess.Popen(
        command,
        cwd=home,
        env=environ | dict(variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,  # ended with all it began
    )
    try:
        _, text = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        _end(process)
        return None, ""
    lines = text.decode(errors="replace").strip().splitlines()
    return process.returncode, f": {lines[-1][:200].rstrip('.')}" if lines else ""


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(OSError):
        if os.name == "posix":
            import signal

            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    if process.stderr is not None:
        process.stderr.close()
    process.wait()
