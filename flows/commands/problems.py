"""problems."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from flows.commands.common import COMMON, Common, app


@app.command
def problems(
    *,
    area: Annotated[str, Parameter(help="Show the items of one area, such as 麻醉.")] = "",
    state: Annotated[str, Parameter(help="Show the items that are screened, partly, needs_records or no_rule.")] = "",
    common: Common = COMMON,
) -> None:
    """The official self-check items of 2025: how many are screened, by area; with --area or --state the items."""
    import polars as pl

    from data.errors import UsageError
    from flows import steps
    from models import problem_items

    settings = common.settings()
    laid = settings.home / "knowledge"
    every = problem_items.items(steps.sources(settings), laid if laid.is_dir() else None)
    for value, known, name in (
        (area, every["area_zh"].unique(maintain_order=True).to_list(), "area"),
        (state, list(problem_items.STATES), "state"),
    ):
        if value and value not in known:
            raise UsageError(f"--{name} is '{value}'; it must be one of {', '.join(known)}.")
    asked = [pl.col("area_zh") == area] * bool(area) + [pl.col("state") == state] * bool(state)
    found = every.filter(*asked)
    live = [s.id for s in steps.sources(settings) if s.card.status == "live"]
    counts = problem_items.by_area(found, live)
    common.console.give({"areas": counts.to_dicts(), "items": found.to_dicts()})
    whole = ("", *counts.drop("area_zh").sum().row(0))
    common.console.table("", counts.columns, [*counts.rows(), whole], kind="problems")
    if area or state:
        shown = found.select("item_id", "problem_zh", "state", "screened_by", "needs_zh")
        common.console.table("", shown.columns, shown.rows(), kind="problems")
