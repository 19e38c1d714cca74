"""check: what the record looks like before anything is computed from it."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from flows.commands.common import COMMON, Common, Language, app
from flows.home.settings import Settings


@app.command
def check(
    *,
    every: Annotated[bool, Parameter(negative=(), help="Show also the checks that hold.")] = False,
    language: Language = None,
    common: Common = COMMON,
) -> None:
    """Judge the record: keys, orphans, sums, dates, persons, codes, months, coverage. A stop ends with exit code 1."""
    from data.errors import CheckStopped
    from flows import progress, steps
    from flows.home import lock

    settings = common.settled(language=language)
    step = next(s for s in steps.STEPS if s.name == "check")
    try:
        with lock.hold(settings.home), progress.shown(common.console) as work, work.step("check") as watcher:
            said = steps.perform(step, settings, watcher)
    except CheckStopped:
        _show(common, settings, every)
        raise
    _show(common, settings, every)
    common.console.say(f"check: {said}")


def _show(common: Common, settings: Settings, every: bool) -> None:
    import polars as pl

    from data.warehouse.connection import open_warehouse
    from flows.publish import checks

    with open_warehouse(settings.home, read_only=True) as con:
        found = checks.results(con)
        folder = checks.renew_rows(con, settings.home / checks.FOLDER)
    common.console.give(found.to_dicts())
    what = "what_zh" if settings.language == "zh" else "what"
    shown = found if every else found.filter(found["state"].is_in(["stop", "warn", "not_applicable"]))
    columns = ["check", "state", "rows", "of", "share", what, "example"]
    percent = shown.with_columns(pl.format("{} %", (100 * pl.col("share")).round_sig_figs(3)))
    common.console.table("", columns, percent.select(columns).rows())
    if folder is not None:
        common.console.say(
            f"The rows against each check: {folder}/<check>.csv; a published run has them in its own folder."
        )
