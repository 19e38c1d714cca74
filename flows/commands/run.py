"""run, and its steps one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from flows.commands.common import COMMON, COUNT, Common, app
from flows.outcome import Outcome, document
from flows.settings import Settings

Input = Annotated[Path, Parameter(help="Folder that holds the export.")]
Objective = Annotated[str | None, Parameter(help="What the order is for: hit_rate, money or both.")]
Language = Annotated[str | None, Parameter(help="Language of the reasons: en or zh.")]
Labels = Annotated[str | None, Parameter(help="Column labels: names or zh.")]
Seed = Annotated[int | None, Parameter(help="Seed of every random choice.")]
Days = Annotated[float | None, Parameter(help="Cut the lists in --out to this many inspector-days in all.")]
Unmask = Annotated[bool, Parameter(negative=(), help="Write persons' names in full.")]


@app.command
def run(
    input: Input,
    *,
    out: Annotated[Path | None, Parameter(help="Copy the watchlists here.")] = None,
    top: Annotated[int | None, Parameter(converter=COUNT, help="Cut each list in --out after this many leads.")] = None,
    days: Days = None,
    objective: Objective = None,
    language: Language = None,
    labels: Labels = None,
    seed: Seed = None,
    unmask: Unmask = False,
    prefect: Annotated[bool | None, Parameter(help="Run as a Prefect flow; default: when a server is there.")] = None,
    common: Common = COMMON,
) -> None:
    """From an export to published watchlists: ingest, check, features, detect, rank, publish."""
    from flows import server

    settings = common.settings(
        input=input,
        out=out,
        top=top,
        days=days,
        objective=objective,
        language=language,
        labels=labels,
        seed=seed,
        unmask=unmask or None,
    )
    url = server.api_url(settings.home)
    if prefect or (prefect is None and url):
        server.prepare(settings.home, url)  # before anything imports Prefect
        from flows.screen import run_as_flow

        outcomes = run_as_flow(settings, common.console.progress)
    else:
        outcomes = run_directly(settings, common)
    _show(outcomes, common)


def run_directly(settings: Settings, common: Common) -> dict[str, Outcome]:
    """The steps in order in this process; returns what came of each."""
    from flows import lock, steps

    outcomes = {}
    with lock.hold(settings.home):
        for step in steps.STEPS:
            common.console.progress(f"{step.name} ...")
            outcomes[step.name] = steps.perform(step, settings, _indented(common))
    return outcomes


@app.command
def ingest(input: Input, *, common: Common = COMMON) -> None:
    """Take an export into the record; prints the account of rows and yuan, file by file."""
    _one("ingest", common.settings(input=input), common)


@app.command
def features(*, common: Common = COMMON) -> None:
    """Load the knowledge and build the feature tables that changed."""
    _one("features", common.settled(), common)


@app.command
def detect(*, common: Common = COMMON) -> None:
    """Judge with every rule and detector that changed or whose data changed."""
    _one("detect", common.settled(), common)


@app.command
def rank(*, objective: Objective = None, seed: Seed = None, common: Common = COMMON) -> None:
    """Make the findings leads, one a subject, and order them."""
    _one("rank", common.settled(objective=objective, seed=seed), common)


@app.command
def publish(
    *,
    out: Annotated[Path | None, Parameter(help="Copy the watchlists here.")] = None,
    top: Annotated[int | None, Parameter(converter=COUNT, help="Cut each list in --out after this many leads.")] = None,
    days: Days = None,
    language: Language = None,
    labels: Labels = None,
    unmask: Unmask = False,
    common: Common = COMMON,
) -> None:
    """Write the run's folder: lists, evidence, findings, coverage, account, manifest."""
    settings = common.settled(out=out, top=top, days=days, language=language, labels=labels, unmask=unmask or None)
    _one("publish", settings, common)


def _one(name: str, settings: Settings, common: Common) -> None:
    from flows import lock, steps

    step = next(s for s in steps.STEPS if s.name == name)
    with lock.hold(settings.home):
        outcome = steps.perform(step, settings, _indented(common))
    _show({name: outcome}, common)


def _show(outcomes: dict[str, Outcome], common: Common) -> None:
    for name, outcome in outcomes.items():
        common.console.say(f"{name}: {outcome}")
    common.console.give(document(outcomes))


def _indented(common: Common):  # type: ignore[no-untyped-def]
    return lambda line: common.console.progress(f"  {line}")
