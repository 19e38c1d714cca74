"""The command `fundwatch bundle`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from flows.commands.common import COMMON, Common, app


@app.command
def bundle(
    folder: Annotated[Path, Parameter(help="Folder for the wheels.")],
    *,
    common: Common = COMMON,
) -> None:
    """Fill a folder with wheels of this version and of all it needs, for a machine without a package index.

    There: pip install --no-index --find-links FOLDER fundwatch. The machine must have the same system and Python.
    """
    from flows import bundling

    packages = bundling.bundle(folder)
    common.console.give({"folder": str(folder), "packages": packages})
    common.console.say(f"{packages:,} packages in {folder}.")
