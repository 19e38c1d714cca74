"""benchmark: speed as ratios in one run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from flows.commands.common import COMMON, Common, app


@app.command
def benchmark(
    *,
    lines: Annotated[str | None, Parameter(help="Fee lines of the town: 250k, 1m, 20m ...; default 1m.")] = None,
    sizes: Annotated[
        str | None, Parameter(help="Several sizes at once, for the growth: 250k,1m,4m. Instead of --lines.")
    ] = None,
    keep: Annotated[Path | None, Parameter(help="Write the figures to this file, as JSON.")] = None,
    persons: Annotated[list[int] | None, Parameter(help="With --rings: persons of the towns.")] = None,
    rings: Annotated[bool, Parameter(help="Only the detectors of groups: do they grow as the visits do?")] = False,
    common: Common = COMMON,
) -> None:
    """Measure every step on made-up towns, beside DuckDB's own plain read of the same files."""
    import json

    from data.errors import UsageError
    from flows.evaluate import benchmark as measure
    from flows.evaluate import towns

    settings = common.settings()
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    if rings:
        rows = measure.rings(settings, persons or [5_000, 10_000, 20_000], common.console.progress)
        names = ["what", "seconds", "seconds per million visits", "times the first size's"]
        common.console.give([dict(zip(names, row, strict=True)) for row in rows])
        common.console.table("", names, rows, kind="measured")
        return
    try:
        wanted = [towns.lines_of(part) for part in (sizes or lines or "1m").split(",")]
    except ValueError as error:
        raise UsageError(
            f"{error.args[0]!r} is no number of fee lines: write 250k, 1m, 20m or a whole number."
        ) from error
    figures = measure.benchmark(settings, wanted, common.console.progress)
    if keep is not None:
        keep.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    common.console.give(figures)
    common.console.table("", list(measure.HEADINGS), measure.table(figures), kind="measured")
