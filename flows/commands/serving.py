"""serve: a Prefect server on loopback and the monthly schedule."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from flows.commands.common import COMMON, Common, app


@app.command
def serve(
    *,
    cron: Annotated[str, Parameter(help="When to run, as a cron line.")] = "0 2 5 * *",
    input: Annotated[Path, Parameter(help="Folder where the deliveries arrive.")],
    out: Annotated[Path | None, Parameter(help="Copy the watchlists here.")] = None,
    top: Annotated[int | None, Parameter(help="Cut each list in --out after this many leads.")] = None,
    timezone: Annotated[str, Parameter(help="Time zone of the cron line.")] = "Asia/Shanghai",
    port: Annotated[int, Parameter(help="Port of the server on loopback.")] = 4200,
    common: Common = COMMON,
) -> None:
    """Start the Prefect server on loopback and run the screening on schedule until stopped."""
    from flows import schedules

    settings = common.settings(input=input, out=out, top=top)
    schedules.serve(settings, cron=cron, timezone=timezone, port=port, say=common.console.progress)
