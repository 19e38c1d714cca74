"""Keeps the deployment, runs what is due, and watches: until told to stop, or until something is wrong.

Imported only by `serve`; the environment must be prepared first (flows.prefect.server.prepare).
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import signal
import subprocess
import warnings
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from prefect.runner import Runner
from prefect.schedules import Cron, Schedule
from prefect.server.schemas.schedules import CronSchedule

from data.errors import UsageError
from flows.prefect import arrival, asking, owned, server, watch
from flows.prefect.flow import run

NAME = "scheduled"
#: Seconds between two looks at the server's answers; whether it lives is seen every second.
LOOK = 15
#: Seconds a run has to end in order when `serve` ends.
PARTING = 20


class _Runner(Runner):
    def handle_sigterm(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: Prefect's own never awaits what it starts; the loop below hears the signal too."""


def schedule(cron: str, timezone: str) -> Schedule:
    """The schedule of this cron line. Raises UsageError where it is none, or one that never comes."""
    try:
        asyncio.run(_next_due(cron, timezone))
        return Cron(cron, timezone=timezone)
    except Exception as error:  # whatever its parser trips over, the line is what is wrong
        raise UsageError(
            f"'{cron}' is not a schedule. Give minute, hour, day, month and weekday, such as '0 2 5 * *'."
        ) from error


async def until_stopped(
    home: Path,
    url: str,
    process: subprocess.Popen[bytes],
    planned: Schedule,
    parameters: dict[str, Any],
    say: Callable[[str], None],
    arrivals: arrival.Arrivals | None = None,
) -> str | None:
    """Serve until SIGINT, SIGTERM or SIGHUP (then None), or until something is wrong (then what)."""
    stop = asyncio.Event()
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(signum) != signal.SIG_IGN:
            asyncio.get_running_loop().add_signal_handler(signum, stop.set)
    ask = partial(asking.ask, url)
    runner = _Runner(name=NAME, limit=1, pause_on_shutdown=False)
    try:
        if crashed := watch.recover(ask, home):
            say(f"{crashed} run(s) that ended with an earlier process are marked as crashed.")
        deployment = str(
            await runner.aadd_flow(
                run,
                name=NAME,
                schedule=planned,
                parameters=parameters,
                tags=[owned.tag(home)],
                enforce_parameter_schema=True,
            )
        )
        if watch.make_up(ask, deployment):
            say("The last run of the schedule was cut short; it runs again now.")
    except Exception as error:  # whatever it is, the schedule is not there, and `serve` without it is worth nothing
        return f"The Prefect server of {home} did not take the schedule: {' '.join(str(error).split())[:300]}."
    stopped, running = asyncio.create_task(stop.wait()), asyncio.create_task(runner.start())
    watching = asyncio.create_task(
        _trouble(
            watch.Watch(home, partial(ask, patience=20), deployment, str(planned.cron)), process, planned, arrivals, say
        )
    )
    await asyncio.wait({stopped, running, watching}, return_when=asyncio.FIRST_COMPLETED)
    trouble = watching.result() if watching.done() else None
    if running.done() and not stop.is_set() and trouble is None:
        trouble = f"Prefect's runner stopped: {running.exception() or 'it did not say why'}."
    stopped.cancel()
    watching.cancel()
    await _part(runner, running, in_order=trouble is None)
    return trouble


async def _trouble(
    watching: watch.Watch,
    process: subprocess.Popen[bytes],
    planned: Schedule,
    arrivals: arrival.Arrivals | None,
    say: Callable[[str], None],
) -> str:
    """Look until something is wrong, returns what; meanwhile run what has come."""
    seconds = 0
    while process.poll() is None:
        seconds += 1
        if seconds % LOOK == 0:
            due = await _next_due(str(planned.cron), planned.timezone)
            if (trouble := await asyncio.to_thread(watching.look, due)) is not None and process.poll() is None:
                return trouble
            if arrivals is not None and await asyncio.to_thread(arrivals.look, watching.ask, watching.deployment):
                say("A delivery has come whole; its run begins now.")
        await asyncio.sleep(1)
    log = server.log_file(watching.home)
    return f"The Prefect server of {watching.home} ended by itself (code {process.returncode}); see {log}."


async def _next_due(cron: str, timezone: str | None) -> datetime:
    (due,) = await CronSchedule(cron=cron, timezone=timezone).get_dates(n=1)
    return due


async def _part(runner: Runner, running: asyncio.Task[None], *, in_order: bool) -> None:
    """End the run that is on, then the runner; neither may hold up the end."""
    children = multiprocessing.active_children()
    if in_order:
        for child in children:
            child.terminate()
        await asyncio.gather(*(asyncio.to_thread(child.join, PARTING) for child in children))
    else:  # nobody is there to hear what they would say, for minutes
        logging.disable(logging.CRITICAL)
        warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)
    for child in children:
        child.kill()
    if in_order and not running.done():
        with suppress(Exception):
            await asyncio.wait_for(runner.astop(), PARTING)
        await asyncio.wait({running}, timeout=PARTING)
    running.cancel()
    await asyncio.wait({running}, timeout=PARTING)
