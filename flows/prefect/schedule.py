"""The schedule: one Prefect server on loopback, one deployment, both gone when this process goes."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any
from zoneinfo import ZoneInfo

from data.errors import FundwatchError, InputRefused, UsageError
from flows.console import Console
from flows.options import RunOptions
from flows.prefect import arrival, asking, door, owned, processes, server

#: A week: a delivery that takes longer to copy has gone wrong.
MOST_MINUTES = 7 * 24 * 60


@dataclass(frozen=True)
class When:
    """A cron line and the time zone it is meant in; and after how many still minutes a delivery that came is run.

    Raises UsageError for a zone that does not exist and for minutes that make no sense.
    """

    cron: str
    timezone: str
    still: float | None = None  # none: what comes waits for the schedule

    def __post_init__(self) -> None:
        if self.still is not None and not 0 <= self.still <= MOST_MINUTES:
            raise UsageError(f"--arrival is {self.still:g}; it must be minutes from 0 to {MOST_MINUTES}.")
        try:
            ZoneInfo(self.timezone)
        except (KeyError, ValueError, OSError) as error:
            raise UsageError(
                f"There is no time zone '{self.timezone}'. Give --timezone a name such as Asia/Shanghai."
            ) from error


def serve(home: Path, folder: Path, options: RunOptions, when: When, port: int | None, console: Console) -> None:
    """Serve until SIGINT or SIGTERM. Where deliveries come from and where lists go is this process's to say, once.

    Raises UsageError for a cron line that does not exist, FundwatchError where HOME is served already and where the
    server or its schedule fails: who supervises this process starts it again.
    """
    if not folder.is_dir():
        raise InputRefused(f"The input folder {folder} does not exist. Give the folder of the deliveries.")
    _stop_on_signals()
    try:
        with server.serving(home):
            owned.own(options.owned(home, folder) | {owned.SERVED_BY: processes.mark()})
            arrivals = None if when.still is None else arrival.Arrivals(folder, home, when.still)
            _serve(home, options.free(), when, port, console, arrivals)
    except KeyboardInterrupt:
        console.progress("stopped")


def _serve(
    home: Path,
    parameters: dict[str, Any],
    when: When,
    port: int | None,
    console: Console,
    arrivals: arrival.Arrivals | None,
) -> None:
    left = server.orphan(home)
    port = server.free_port(port, left)
    server.new_secret(home)
    server.prepare(home, asking.url_at(port), quiet=console.quiet, auth=server.auth(home))
    from flows.prefect import runner  # not before: it brings Prefect, which reads the environment once

    schedule = runner.schedule(when.cron, when.timezone)
    if left is not None:
        console.progress(f"ending the server that process {left.pid} still is for {home} ...")
        processes.end(left.pid, left.started)
    process, url = server.start(home, port)
    try:
        console.progress(
            f"Prefect's page is at {url.removesuffix('/api')} (name {door.USER}, password in"
            f" {home / server.SECRET_FILE}, new at each start); screening runs at '{when.cron}' ({when.timezone})."
        )
        trouble = asyncio.run(
            runner.until_stopped(home, url, process, schedule, parameters, console.progress, arrivals)
        )
    finally:
        server.stop(home, process)
    if trouble is not None:
        raise FundwatchError(f"{trouble} `serve` ends here; start it again.")
    console.progress("stopped")


def _stop_on_signals() -> None:
    """End in order whoever asks: the terminal, a supervisor, or a terminal that closes (unless under nohup)."""
    signal.signal(signal.SIGTERM, _stop)
    if signal.getsignal(signal.SIGHUP) == signal.SIG_DFL:
        signal.signal(signal.SIGHUP, _stop)


def _stop(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
