"""Register the flow on a bureau's own Prefect server: a work pool's workers run it, as processes or in containers.

Imports Prefect; the environment must be prepared first (flows.prefect.server.prepare). Unlike `serve`, whoever may edit
the deployment or its pool decides what its workers run: that is the server's own right management.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import WorkPoolFilter
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectNotFound
from prefect.types.entrypoint import EntrypointType

from data.errors import FundwatchError, UsageError
from flows.options import RunOptions
from flows.prefect import owned, runner, server
from flows.prefect.flow import run
from flows.prefect.schedule import When

#: Where a container finds what the machine lends it.
INSIDE = {"home": "/fundwatch/home", "input": "/fundwatch/input", "out": "/fundwatch/out"}
PROCESS, DOCKER = "process", "docker"


@dataclass(frozen=True)
class Target:
    """Where the flow is to run: a work pool, and for one of containers the image that holds this version."""

    pool: str
    image: str | None
    name: str


def deploy(home: Path, folder: Path, options: RunOptions, when: When, target: Target) -> str:
    """Register or replace the deployment; returns its full name.

    Raises UsageError for a pool that is not there, of another kind or without an image, FundwatchError where the server
    refuses.
    """
    try:
        with get_client(sync_client=True) as client:
            kind = _kind(client, target.pool)
        deployment = RunnerDeployment.from_flow(
            run,
            name=target.name,
            schedule=runner.schedule(when.cron, when.timezone),
            parameters=options.free(),
            enforce_parameter_schema=True,
            concurrency_limit=1,
            tags=[owned.tag(home)],
            entrypoint_type=EntrypointType.MODULE_PATH,
            work_pool_name=target.pool,
            job_variables=_job(kind, options.owned(home, folder), target),
        )
        deployment.apply(work_pool_name=target.pool, image=target.image)
    except (FundwatchError, KeyboardInterrupt):
        raise
    except Exception as error:  # whatever the server says no to
        raise FundwatchError(
            f"The Prefect server did not take the deployment: {' '.join(str(error).split())[:300]}."
        ) from error
    return f"{run.name}/{target.name}"


def _kind(client: SyncPrefectClient, pool: str) -> str:
    try:
        return str(client.read_work_pool(pool).type)
    except ObjectNotFound as error:
        names = ", ".join(sorted(p.name for p in client.read_work_pools(work_pool_filter=WorkPoolFilter())))
        there = f"there are: {names}" if names else "there is none"
        raise UsageError(
            f"The Prefect server has no work pool '{pool}' ({there}). Make one: prefect work-pool create {pool} --type"
            " process."
        ) from error


def _job(kind: str, settings: dict[str, Any], target: Target) -> dict[str, Any]:
    """The pool's job variables: the service's own settings, and for a container the image and its folders."""
    if kind == PROCESS:
        if target.image is not None:
            raise UsageError(f"The work pool '{target.pool}' runs processes; --image is for one of containers.")
        return {"env": {**server.QUIET, owned.VARIABLE: json.dumps(settings)}}
    if kind != DOCKER:
        raise UsageError(
            f"The work pool '{target.pool}' is of the kind '{kind}'; the flow needs HOME on a disk: process or docker."
        )
    if target.image is None:
        raise UsageError(
            f"The work pool '{target.pool}' runs containers. Say --image: one in which fundwatch is installed."
        )
    places = {name: settings[name] for name in INSIDE if name in settings}
    volumes = [f"{place}:{INSIDE[name]}{':ro' if name == 'input' else ''}" for name, place in places.items()]
    inside = settings | {name: INSIDE[name] for name in places}
    return {"env": {**server.QUIET, owned.VARIABLE: json.dumps(inside)}, "image": target.image, "volumes": volumes}
