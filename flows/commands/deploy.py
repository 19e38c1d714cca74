"""deploy: the same schedule on a Prefect server that is there already."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from flows.commands.common import COMMON, Common, app
from flows.options import RUN_OPTIONS, RunOptions


@app.command
def deploy(
    *,
    pool: Annotated[str, Parameter(help="Work pool whose workers run it, of the kind process or docker.")],
    input: Annotated[Path, Parameter(help="Folder where the deliveries arrive.")],
    name: Annotated[str, Parameter(help="Name of the deployment: one for each HOME.")] = "monthly",
    image: Annotated[str | None, Parameter(help="For a pool of containers: an image that holds fundwatch.")] = None,
    cron: Annotated[
        str | None, Parameter(help="When to run; default: cron of fundwatch.toml, else '0 2 5 * *'.")
    ] = None,
    timezone: Annotated[str, Parameter(help="Time zone of the cron line.")] = "Asia/Shanghai",
    options: RunOptions = RUN_OPTIONS,
    common: Common = COMMON,
) -> None:
    """Register the monthly run on the Prefect server that PREFECT_API_URL names, for the workers of a pool.

    Workers need this HOME and the folder of the deliveries under the same paths; a container gets them mounted. The
    server keeps these paths, and whoever may edit the deployment there decides what is run. One run at a time; the next
    waits. Asked again, it replaces the deployment of that name.
    """
    from data.errors import InputRefused, UsageError
    from flows.prefect import schedule as schedules
    from flows.prefect import server

    if options.accept_partial:
        raise UsageError("--accept-partial is for one run: leaving a file out is decided each time, with `run`.")
    if not input.is_dir():
        raise InputRefused(f"The input folder {input} does not exist. Give the folder of the deliveries.")
    settings = options.settings(common.home, input)
    when = schedules.When(settings.cron if cron is None else cron, timezone)
    url = server.api_url(settings.home)
    if url is None:
        raise UsageError("Say which Prefect server it is: set PREFECT_API_URL, such as http://prefect.local:4200/api.")
    server.prepare(settings.home, url, quiet=True, auth=server.auth_for(settings.home, url))
    from flows.prefect import deploying  # not before: it brings Prefect, which reads the environment once

    full = deploying.deploy(settings.home, input, options, when, deploying.Target(pool, image, name))
    common.console.give({"deployment": full, "pool": pool, "cron": when.cron, "timezone": when.timezone})
    common.console.say(f"{full} is registered at {url}, at '{when.cron}' ({when.timezone}), for the workers of {pool}.")
    common.console.say(f"A worker is started with: `prefect worker start --pool {pool}`")
