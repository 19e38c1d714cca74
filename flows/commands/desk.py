"""The command `fundwatch desk`."""

from __future__ import annotations

from flows.commands.common import COMMON, Common, app


@app.command
def desk(*, common: Common = COMMON) -> None:
    """Say where the page of the last run lies on which leads are searched, opened and given their verdicts."""
    from data.errors import UsageError
    from flows.publish import published

    folder = published.last(common.settings().home)
    page = folder / "desk.html"
    if not page.is_file():
        raise UsageError(
            f"Run {folder.name} has no desk.html: an earlier version published it. Run `fundwatch publish`."
        )
    common.console.give({"run_id": folder.name, "page": str(page)})
    common.console.say(str(page))
