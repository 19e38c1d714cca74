"""benchmark: speed as ratios in one run."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from flows.commands.common import COMMON, Common, app


@app.command
def benchmark(
    *,
    persons: Annotated[list[int] | None, Parameter(help="Sizes of the towns; default 5000, 20000.")] = None,
    rings: Annotated[bool, Parameter(help="Only the detectors of groups: do they grow as the visits do?")] = False,
    common: Common = COMMON,
) -> None:
    """Measure every step on made-up towns, beside DuckDB's own plain read of the same files."""
    from flows.evaluate import benchmark as measure

    settings = common.settings()
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    if rings:
        rows = measure.rings(settings, persons or [5_000, 10_000, 20_000], common.console.progress)
        names = ["what", "seconds", "seconds per million visits", "times the first size's"]
    else:
        rows = measure.benchmark(settings, persons or [5_000, 20_000], common.console.progress)
        names = ["what", "seconds", "seconds per million fee lines", "times the plain read"]
    common.console.give([dict(zip(names, row, strict=True)) for row in rows])
    common.console.table("", names, rows)
