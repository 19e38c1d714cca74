"""pseudonymise: a copy of a delivery that names nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from flows.commands.common import COMMON, Common, app


@app.command
def pseudonymise(
    input: Annotated[Path, Parameter(help="Folder that holds the export.")],
    *,
    out: Annotated[Path, Parameter(help="New folder for the copy, one CSV a table and file.")],
    common: Common = COMMON,
) -> None:
    """Copy a delivery with pseudonyms for persons: numbers by HOME's key, names and texts masked.

    The same key gives the same pseudonyms, so that months join; codes of institutions and practitioners stay. The key
    is that of `pseudonym_key`, else HOME/pseudonym.key, made at first use. A column that nobody knows is left out.
    """
    from dataclasses import asdict

    from flows import pseudonymising

    copy, sentence = pseudonymising.write(common.settings(), input, out, common.console.progress)
    common.console.give({"out": str(out), "said": sentence, **asdict(copy)})
    common.console.say(sentence)
    common.console.say(str(out))
