"""What one run may be asked, said once: the options of `run` and `serve` and the parameters of the Prefect flow."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, get_type_hints

from cyclopts import Parameter

from flows import usage
from flows.home.settings import Settings, load

Out = Annotated[Path | None, Parameter(help="Copy the watchlists here.")]
Top = Annotated[int | None, Parameter(converter=usage.count, help="Cut each list in --out after this many leads.")]
Days = Annotated[float | None, Parameter(help="Cut the lists in --out to this many inspector-days in all.")]
Objective = Annotated[str | None, Parameter(help="What the order is for: hit_rate, money or both.")]
Language = Annotated[str | None, Parameter(help="Language of the reasons: en or zh.")]
Labels = Annotated[str | None, Parameter(help="Column labels: names or zh.")]
Seed = Annotated[int | None, Parameter(help="Seed of every random choice.")]
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
    seed: Seed = None
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

    def parameters(self, home: Path, folder: Path) -> dict[str, Any]:
        """What the flow is called with: the same options as JSON knows them, places from the root."""
        given = self.given()
        if self.out is not None:
            given["out"] = str(self.out.resolve())
        return {"home": str(home.resolve()), "input": str(folder.resolve()), **given}


RUN_OPTIONS = RunOptions()


def of(parameters: Mapping[str, Any]) -> Settings:
    """The settings of a flow called with these parameters."""
    given = {name: value for name, value in parameters.items() if value is not None}
    home, folder = Path(given.pop("home")), Path(given.pop("input"))
    if "out" in given:
        given["out"] = Path(given["out"])
    return RunOptions(**given).settings(home, folder)


def asked(flow: Callable[..., Any]) -> Callable[..., Any]:
    """Give a flow its parameters: HOME and the deliveries, then every option, as Prefect's page asks for them."""
    kinds = {"home": str, "input": str, **get_type_hints(RunOptions), "out": str | None}
    defaults = {"home": inspect.Parameter.empty, "input": inspect.Parameter.empty, **vars(RUN_OPTIONS)}
    flow.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kinds[name])
            for name, default in defaults.items()
        ]
    )
    return flow
