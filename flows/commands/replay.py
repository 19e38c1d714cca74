"""replay: rebuild a past run and compare."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from flows.commands.common import COMMON, Common, app

SHOWN = 20


@app.command
def replay(
    run_id: Annotated[str, Parameter(help="The run, from `fundwatch runs`.")], *, common: Common = COMMON
) -> None:
    """Rebuild a past run from its manifest in a home of its own under HOME/spill and compare every output."""
    from dataclasses import asdict

    from data.errors import CheckStopped
    from flows import replay as replaying

    found = replaying.replay(common.settled(), run_id, common.console.progress)
    common.console.give({**asdict(found), "identical": found.is_identical})
    for note in found.notes:
        common.console.say(f"note: {note}")
    for kind, files in (("differs", found.differing), ("changed since it was published", found.touched)):
        for file in files[:SHOWN]:
            common.console.say(f"{kind}: {file}")
        if len(files) > SHOWN:
            common.console.say(f"{kind}: {len(files) - SHOWN} more")
    if found.is_identical:
        common.console.say(f"identical: {found.compared} files")
        return
    parts = [f"{len(found.differing)} of {found.compared} files differ"] if found.differing else []
    parts += [f"{len(found.touched)} files were changed since they were published"] if found.touched else []
    why = " See the notes for what differs around them." if found.notes else ""
    raise CheckStopped(f"Run {run_id} is not identical: {' and '.join(parts)}.{why}")
