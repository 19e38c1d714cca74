"""The schedule: one Prefect server on loopback, one deployment, both gone when this process goes."""

from __future__ import annotations

import signal
from collections.abc import Callable
from types import FrameType

from data.errors import InputRefused, UsageError
from flows import server
from flows.settings import Settings


def serve(settings: Settings, *, cron: str, timezone: str, port: int, say: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM. Raises UsageError for a cron line or time zone that does not exist."""
    if settings.input is None or not settings.input.is_dir():
        raise InputRefused(f"The input folder {settings.input} does not exist. Give the folder of the deliveries.")
    process, url = server.start(settings.home, port)
    signal.signal(signal.SIGTERM, _stop)
    try:
        server.prepare(settings.home, url)
        from prefect.schedules import Cron

        from flows.screen import screen

        try:
            schedule = Cron(cron, timezone=timezone)
        except ValueError as error:
            raise UsageError(f"'{cron}' in {timezone} is not a schedule: {error}.") from error
        say(f"Prefect's page is at {url.removesuffix('/api')}; screening runs at '{cron}' ({timezone}).")
        screen.serve(
            name="scheduled",
            schedule=schedule,
            parameters={
                "home": str(settings.home.resolve()),
                "input": str(settings.input.resolve()),
                "out": str(settings.out.resolve()) if settings.out else None,
                "top": settings.top,
                "days": settings.days,
            },
            limit=1,
            pause_on_shutdown=False,
            print_starting_message=False,
        )
    except KeyboardInterrupt:
        say("stopped")
    finally:
        server.forget(settings.home)
        process.terminate()
        process.wait(timeout=30)


def _stop(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
