"""The command `fundwatch doctor`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from flows.commands.common import COMMON, Common, Language, app


@app.command
def doctor(
    input: Annotated[Path | None, Parameter(help="A delivery to look at before it is loaded.")] = None,
    *,
    full: Annotated[
        bool, Parameter(negative=(), help="Look at every row of the delivery and not only at the first ones.")
    ] = False,
    vacuum: Annotated[
        bool,
        Parameter(negative=(), help="First write the warehouse anew, without the room that deleted rows left."),
    ] = False,
    html: Annotated[Path | None, Parameter(help="Write it as one page too, for those who make the export.")] = None,
    language: Language = None,
    common: Common = COMMON,
) -> None:
    """Look at this installation, at HOME, and at a delivery: every fault in one pass, and what would be off."""
    from data.errors import UsageError
    from flows import doctor
    from flows.home.settings import Settings, home_of

    try:
        settings, faults = common.settings(input=input, language=language), []
    except UsageError as error:  # what else there is to say is said with the settings that ship
        settings, faults = Settings(home=home_of(common.home), input=input), [("settings", "bad", str(error))]
    if vacuum:
        from flows.home import housekeeping

        before, after = housekeeping.vacuum(settings.home, settings.memory_limit)
        faults.append(("vacuum", "ok", f"the warehouse took {before:,} bytes, and takes {after:,} now"))
    report = [*faults, *doctor.look(settings, full)]
    if html is not None:
        from flows.publish.safe import whole

        page = doctor.page(report, settings)
        whole(html, lambda aside: aside.write_text(page, encoding="utf-8"))
    common.console.give([{"what": w, "state": s, "said": t} for w, s, t in report])
    common.console.table("", ["what", "state", "said"], report)
    if any(state == "bad" for _, state, _ in report):
        from data.errors import CheckStopped

        raise CheckStopped("Something is wrong; see the lines marked 'bad'.")
