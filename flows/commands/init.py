"""The command `fundwatch init`."""

from __future__ import annotations

from flows.commands.common import COMMON, Common, Language, app


@app.command
def init(*, language: Language = None, common: Common = COMMON) -> None:
    """Write a commented fundwatch.toml into HOME: every setting, what it means, and nothing set yet."""
    from flows.home import settings_file

    settings = common.settings(language=language)
    path = settings_file.write(settings.home, settings.language)
    common.console.give({"file": str(path)})
    common.console.say(str(path))
