"""serve: a Prefect server on loopback and the monthly schedule."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from flows.commands.common import COMMON, Common, app
from flows.options import RUN_OPTIONS, RunOptions


@app.command
def serve(
    *,
    cron: Annotated[
        str | None, Parameter(help="When to run; default: cron of fundwatch.toml, else '0 2 5 * *'.")
    ] = None,
    input: Annotated[Path, Parameter(help="Folder where the deliveries arrive.")],
    options: RunOptions = RUN_OPTIONS,
    timezone: Annotated[str, Parameter(help="Time zone of the cron line.")] = "Asia/Shanghai",
    arrival: Annotated[
        float | None,
        Parameter(
            help="Run as well when a delivery has come and has lain still for so many minutes; at once where the file"
            " _SUCCESS was written beside it last."
        ),
    ] = None,
    port: Annotated[int | None, Parameter(help="Port of the server on loopback; default: a free one.")] = None,
    common: Common = COMMON,
) -> None:
    """Start the Prefect server on loopback and run the screening on schedule until stopped.

    Page and API ask for the name fundwatch and the secret in HOME/prefect/secret, and answer no other origin. Where
    deliveries come from, where lists go and whether names are masked is said here and by no one who starts a run there.
    """
    from data.errors import UsageError
    from flows.prefect import schedule as schedules

    if options.accept_partial:
        raise UsageError("--accept-partial is for one run: leaving a file out is decided each time, with `run`.")
    settings = options.settings(common.home, input)
    when = schedules.When(settings.cron if cron is None else cron, timezone, arrival)
    schedules.serve(settings.home, input, options, when, port, common.console)
