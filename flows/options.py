"""What one run may be asked, said once: the options of `run` and `serve`; some are parameters of the Prefect flow."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, get_type_hints

from cyclopts import Parameter

from data.errors import UsageError
from flows import usage
from flows.home.settings import Settings, load

Out = Annotated[Path | None, Parameter(help="Copy the watchlists here.")]
Top = Annotated[int | None, Parameter(converter=usage.count, help="Cut each list in --out after this many leads.")]
Days = Annotated[float | None, Parameter(help="Cut the lists in --out to this many inspector-days in all.")]
Objective = Annotated[str | None, Parameter(help="What the order is for: hit_rate, money or both.")]
Language = Annotated[str | None, Parameter(help="Language of the reasons: en or zh.")]
Labels = Annotated[str | None, Parameter(help="Column labels: names or zh.")]
Ids = Annotated[
    str | None,
    Parameter(help="Ids in CSV: text (a tab keeps them whole in a spreadsheet) or plain (to be pasted and matched)."),
]
#: Of the commands that answer from the record: what is shown of a table, and the file that holds all of it.
Rows = Annotated[int, Parameter(converter=usage.count, help="How many rows to show; the file holds all.")]
RowsOut = Annotated[Path | None, Parameter(help="Write all rows to this CSV file.")]
RowsLabels = Annotated[str | None, Parameter(help="Column labels of the file: names or zh.")]
Seed = Annotated[int | None, Parameter(help="Seed of every random choice.")]
Engine = Annotated[
    str | None,
    Parameter(help="What builds the features and runs the rules: duckdb, or spark as your own settings have it."),
]
Newer = Annotated[
    list[str] | None,
    Parameter(
        negative=(),
        help="Of files of the delivery that contradict each other without an update time, the one that stands.",
    ),
]
AcceptPartial = Annotated[
    bool,
    Parameter(
        negative=(),
        help="Leave a file out that cannot be taken, and say so; not the only one of an indispensable table.",
    ),
]
Unmask = Annotated[bool, Parameter(negative=(), help="Write persons' names in full.")]


@Parameter(name="*")
@dataclass(frozen=True)
class RunOptions:
    """The options of a run. One that is not given is left to the environment and the file of the day it runs."""

    out: Out = None
    top: Top = None
    days: Days = None
    objective: Objective = None
    language: Language = None
    labels: Labels = None
    ids: Ids = None
    seed: Seed = None
    engine: Engine = None
    unmask: Unmask = False
    newer: Newer = None
    accept_partial: AcceptPartial = False

    def given(self) -> dict[str, Any]:
        """What was given, by name."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: value for name, value in values.items() if value is not None and value is not False}

    def settings(self, home: Path | None, folder: Path) -> Settings:
        """The settings of a run of this folder. Raises UsageError for values that make no sense."""
        return load(home, input=folder, **self.given())

    def owned(self, home: Path, folder: Path) -> dict[str, Any]:
        """The service's own part as JSON knows it, places from the root: no caller of the flow can say it."""
        given = {name: value for name, value in self.given().items() if name in OWNED}
        if self.out is not None:
            given["out"] = str(self.out.resolve())
        return {"home": str(home.resolve()), "input": str(folder.resolve()), **given}

    def free(self) -> dict[str, Any]:
        """What the flow is called with, and what another call of it may say otherwise."""
        return {name: value for name, value in self.given().items() if name not in OWNED}


#: What decides which data is read, where it goes and whether it is masked.
OWNED = ("out", "unmask", "newer", "accept_partial")
RUN_OPTIONS = RunOptions()


def of(owned: Mapping[str, Any], parameters: Mapping[str, Any]) -> Settings:
    """The settings of a flow called with these parameters by a service with these of its own.

    Raises UsageError for a parameter that is none, and for one that is the service's own.
    """
    if foreign := sorted(set(parameters) - set(_free())):
        raise UsageError(f"A run cannot be asked for {', '.join(foreign)}. It may set {', '.join(_free())}.")
    given = {name: value for name, value in {**parameters, **owned}.items() if value is not None}
    home, folder = Path(given.pop("home")), Path(given.pop("input"))
    if "out" in given:
        given["out"] = Path(given["out"])
    return RunOptions(**{name: given[name] for name in vars(RUN_OPTIONS) if name in given}).settings(home, folder)


def _free() -> list[str]:
    return [name for name in vars(RUN_OPTIONS) if name not in OWNED]


def asked(flow: Callable[..., Any]) -> Callable[..., Any]:
    """Give a flow its parameters: every option that is free, as Prefect's page asks for them."""
    kinds = get_type_hints(RunOptions)
    flow.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=vars(RUN_OPTIONS)[name], annotation=kinds[name]
            )
            for name in _free()
        ]
    )
    return flow
