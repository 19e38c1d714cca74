"""run, and its steps one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from flows.commands.common import COMMON, Common, app
from flows.options import RUN_OPTIONS, Days, Labels, Language, Objective, Out, RunOptions, Seed, Top, Unmask
from flows.settings import Settings

Input = Annotated[Path, Parameter(help="Folder that holds the export.")]


@app.command
def run(
    input: Input,
    *,
    options: RunOptions = RUN_OPTIONS,
    prefect: Annotated[bool | None, Parameter(help="Run as a Prefect flow; default: when a server is there.")] = None,
    common: Common = COMMON,
) -> None:
    """From an export to published watchlists: ingest, check, features, detect, rank, publish."""
    from flows import server

    settings = options.settings(common.home, input)
    url = None if prefect is False else server.api_url(settings.home)
    if prefect or url:
        server.prepare(settings.home, url, quiet=common.quiet)  # before anything imports Prefect
        from flows.screen import run_as_flow

        said = run_as_flow(options.parameters(settings.home, input), common.console.progress)
    else:
        said = run_directly(settings, common)
    for line in said.values():
        common.console.say(line)
    common.console.give(said)


def run_directly(settings: Settings, common: Common) -> dict[str, str]:
    """The steps in order in this process; returns what each said."""
    from flows import lock, steps

    said = {}
    with lock.hold(settings.home):
        for step in steps.STEPS:
            common.console.progress(f"{step.name} ...")
            said[step.name] = f"{step.name}: {steps.perform(step, settings, _indented(common))}"
    return said


@app.command
def ingest(input: Input, *, common: Common = COMMON) -> None:
    """Take an export into the record; prints the account of rows and yuan, file by file."""
    _one("ingest", common.settings(input=input), common)


@app.command
def features(*, common: Common = COMMON) -> None:
    """Load the knowledge and build the feature tables that changed."""
    _one("features", common.settings(), common)


@app.command
def detect(*, common: Common = COMMON) -> None:
    """Judge with every rule and detector that changed or whose data changed."""
    _one("detect", common.settings(), common)


@app.command
def rank(*, objective: Objective = None, seed: Seed = None, common: Common = COMMON) -> None:
    """Make the findings leads, one a subject, and order them."""
    _one("rank", common.settings(objective=objective, seed=seed), common)


@app.command
def publish(
    *,
    out: Out = None,
    top: Top = None,
    days: Days = None,
    language: Language = None,
    labels: Labels = None,
    unmask: Unmask = False,
    common: Common = COMMON,
) -> None:
    """Write the run's folder: lists, evidence, findings, coverage, account, manifest."""
    settings = common.settings(out=out, top=top, days=days, language=language, labels=labels, unmask=unmask or None)
    _one("publish", settings, common)


def _one(name: str, settings: Settings, common: Common) -> None:
    from flows import lock, steps

    step = next(s for s in steps.STEPS if s.name == name)
    with lock.hold(settings.home):
        said = f"{name}: {steps.perform(step, settings, _indented(common))}"
    common.console.say(said)
    common.console.give({name: said})


def _indented(common: Common):  # type: ignore[no-untyped-def]
    return lambda line: common.console.progress(f"  {line}")
