"""norms export, import: how indicators lie among the peers of a wider area."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from flows.commands.common import COMMON, Common, app

norms = App(name="norms", help="Norms of a wider area, beside which the few of a county are judged: export, import.")
app.command(norms)


@norms.command
def export(
    file: Annotated[Path, Parameter(help="CSV file to write; its hash goes beside it.")],
    *,
    basis: Annotated[str, Parameter(help="Whose norms they are, as counties will read it, such as 某省医保局.")],
    common: Common = COMMON,
) -> None:
    """Write how each indicator lies among the peers of this record: nothing of one institution, no small groups.

    A group is shown from ten members of three institutions on; smaller ones are merged into the next wider.
    """
    from data.errors import UsageError
    from data.warehouse.connection import open_warehouse
    from flows import norms as steps

    if not basis.strip():
        raise UsageError("--basis is empty. Say whose norms they are, such as --basis 某省医保局.")
    settings = common.settled()
    with open_warehouse(settings.home, read_only=True) as con:
        count = steps.export(con, settings, file, basis.strip())
    common.console.give({"file": str(file), "norms": count})
    common.console.say(f"{count:,} norms in {file}; give {file.name}.sha256 along with it.")


@norms.command(name="import")
def import_(
    file: Annotated[Path, Parameter(help="The CSV of an export, its .sha256 beside it.")],
    *,
    common: Common = COMMON,
) -> None:
    """Lay norms into HOME/knowledge: from the next run on, kinds of places that they have are judged beside them.

    They take the place of norms imported before. Removing HOME/knowledge/peer_norm.csv takes them away.
    """
    from flows import norms as steps

    home = common.settings().home
    count = steps.lay(home, file)
    common.console.give({"file": str(file), "norms": count})
    common.console.say(f"{count:,} norms laid into {home / 'knowledge'}; they hold from the next run on.")
