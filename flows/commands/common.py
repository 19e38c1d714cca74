"""The application object and the options that every command takes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from flows import console, usage
from flows.console import Console
from flows.home.settings import Settings, load

#: Options that count: a whole number of at least 1.
COUNT = usage.count


def _version() -> str:
    from flows.home import version  # reads every file of the packages

    return version.told()


app = App(
    name="fundwatch",
    help="Ranked lists of whom to inspect first, from medical-insurance settlement exports.",
    version=_version,
    version_flags=["--version"],
    suppress_keyboard_interrupt=False,  # main says what Ctrl-C means
)

Language = Annotated[
    str | None,
    Parameter(help="Language of all that is said: en or zh. [FUNDWATCH_LANGUAGE, language in fundwatch.toml]"),
]


@Parameter(name="*")
@dataclass(frozen=True)
class Common:
    """Options of every command."""

    home: Annotated[Path | None, Parameter(help="Folder of the warehouse and the runs. [FUNDWATCH_HOME]")] = None
    quiet: Annotated[bool, Parameter(negative=(), help="No progress lines.")] = False
    json: Annotated[bool, Parameter(negative=(), help="Answer as one JSON document.")] = False
    #: A command with a --language of its own takes it before this one.
    language: Language = None

    @property
    def console(self) -> Console:
        return Console(self.quiet, self.json)

    def settings(self, **options: Any) -> Settings:
        if options.get("language") is None:
            options["language"] = self.language
        settings = load(self.home, **options)
        console.speak(settings.language)
        return settings

    def as_published(self, run_id: str | None, is_worded: bool = True) -> None:
        """Say that what is shown is of a published run, where one had to be read in place of the warehouse.

        `is_worded` where it is in the language asked for and not in the run's.
        """
        if run_id is None:
            return
        self.console.progress(f"The warehouse is in use; this is run {run_id} as it was published.")
        if not is_worded:
            self.console.progress("An earlier version published it: its texts are in the language of that run.")

    def settled(self, **options: Any) -> Settings:
        """Settings for a command that works on what HOME holds. Raises UsageError where no warehouse is there."""
        from data.warehouse import spill
        from data.warehouse.connection import stands

        settings = self.settings(**options)
        stands(settings.home)
        spill.use(settings.home)
        return settings


COMMON = Common()
