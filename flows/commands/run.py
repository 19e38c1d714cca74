"""run, and its steps one by one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from flows.commands import pack
from flows.commands.common import COMMON, Common, app
from flows.home.settings import Settings
from flows.options import (
    RUN_OPTIONS,
    AcceptPartial,
    Days,
    Ids,
    Labels,
    Language,
    Newer,
    Objective,
    Out,
    RunOptions,
    Seed,
    Top,
    Unmask,
)
from flows.outcome import Outcome, document, ended_in

Domain = Annotated[
    str, Parameter(help="Write the pack of one domain to --out in place of the lists, such as oncology.")
]
Input = Annotated[Path, Parameter(help="Folder that holds the export.")]


@app.command
def run(
    input: Input,
    *,
    options: RunOptions = RUN_OPTIONS,
    prefect: Annotated[bool | None, Parameter(help="Run as a Prefect flow; default: when a server is there.")] = None,
    domain: Domain = "",
    common: Common = COMMON,
) -> None:
    """From an export to published watchlists: ingest, check, features, detect, rank, publish."""
    from data.errors import FundwatchError
    from flows import console, hook

    settings = options.settings(common.home, input)
    console.speak(settings.language)
    try:
        outcomes = _outcomes(settings, options, prefect, domain, common)
        _show(outcomes, common)
        if domain and settings.out is not None:
            pack.write(_for_pack(settings, domain), domain, settings.out, common)
    except Exception as error:
        hook.call(settings, error.exit_code if isinstance(error, FundwatchError) else 1, common.console.progress)
        raise
    hook.call(settings, 0, common.console.progress, **ended_in(outcomes))


def _outcomes(
    settings: Settings, options: RunOptions, prefect: bool | None, domain: str, common: Common
) -> dict[str, Outcome]:
    """What came of each step: as a Prefect flow where a server is there or asked for, else in this process."""
    from flows.prefect import server

    if domain:
        settings, options = _for_pack(settings, domain), replace(options, out=None)
    url = None if prefect is False else server.api_url(settings.home)
    if url:
        auth = server.auth_for(settings.home, url)
        server.prepare(settings.home, url, quiet=common.quiet, auth=auth)  # before anything imports Prefect
        return _as_flow(options, settings, common)
    if prefect:
        with server.alone(settings.home, quiet=common.quiet):
            return _as_flow(options, settings, common)
    return run_directly(settings, common)


def _for_pack(settings: Settings, domain: str) -> Settings:
    """The settings of a run whose lists go into a pack and nowhere else. Raises UsageError for a domain unknown."""
    pack.check(settings, domain)
    return replace(settings, out=None)


def _as_flow(options: RunOptions, settings: Settings, common: Common) -> dict[str, Outcome]:
    from flows.prefect.flow import run_as_flow

    assert settings.input is not None
    return run_as_flow(options, settings.home, settings.input, common.console.progress)


def run_directly(settings: Settings, common: Common) -> dict[str, Outcome]:
    """The steps in order in this process; returns what came of each."""
    from flows import progress, steps
    from flows.home import lock

    outcomes = {}
    with lock.hold(settings.home), progress.shown(common.console, len(steps.STEPS)) as work:
        for step in steps.STEPS:
            with work.step(step.name) as watcher:
                outcomes[step.name] = steps.perform(step, settings, watcher)
    return outcomes


@app.command
def ingest(
    input: Input, *, newer: Newer = None, accept_partial: AcceptPartial = False, common: Common = COMMON
) -> None:
    """Take an export into the record; prints the account of rows and yuan, file by file."""
    _one("ingest", common.settings(input=input, newer=newer, accept_partial=accept_partial or None), common)


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
    out: Out = None,
    top: Top = None,
    days: Days = None,
    language: Language = None,
    labels: Labels = None,
    ids: Ids = None,
    unmask: Unmask = False,
    role: Annotated[
        str, Parameter(name="--for", help="A package in --out for inspector, lead, third-party, institution or public.")
    ] = "",
    institution: Annotated[str, Parameter(help="Whose lines a package holds.")] = "",
    contract: Annotated[str, Parameter(help="Contract of the third party.")] = "",
    first: Annotated[str, Parameter(name="--from", help="First day of the contract, as 2025-01-01.")] = "",
    last: Annotated[str, Parameter(name="--to", help="Last day of the contract, as 2025-12-31.")] = "",
    year: Annotated[
        int | None, Parameter(help="The year of the public summary; the last whole one by default.")
    ] = None,
    domain: Domain = "",
    common: Common = COMMON,
) -> None:
    """Write the run's folder: lists, evidence, findings, coverage, account, manifest.

    With --for nothing of it is written anew: what the last run found is cut to what that reader may have, masked, into
    a new folder, and the audit log says what left and for whom.
    """
    if role:
        _package(
            role, out, (top, days, unmask), (institution, contract, first, last, year), (language, labels, ids), common
        )
        return
    settings = common.settled(
        out=out, top=top, days=days, language=language, labels=labels, ids=ids, unmask=unmask or None
    )
    if not domain:
        _one("publish", settings, common)
        return
    place = settings.out
    settings = _for_pack(settings, domain)
    _one("publish", settings, common)
    assert place is not None
    pack.write(settings, domain, place, common)


def _package(role: str, out: Path | None, lists: tuple, details: tuple, form: tuple, common: Common) -> None:  # type: ignore[type-arg]
    """One package for one reader."""
    from data.errors import UsageError
    from data.warehouse.connection import open_warehouse
    from flows.days import day
    from flows.publish import packages

    institution, contract, first, last, year = details
    ask = packages.asked(
        role,
        institution=institution.strip(),
        contract=contract.strip(),
        first=day(first, "--from") if first else None,
        last=day(last, "--to") if last else None,
        year=year,
    )
    if out is None:
        raise UsageError("Give --out DIR: the new folder that the package goes into.")
    if any(lists):
        raise UsageError("--top, --days and --unmask do not go with --for: a package is masked and whole.")
    language, labels, ids = form
    settings = common.settled(language=language, labels=labels, ids=ids, unmask=False)
    with open_warehouse(settings.home, read_only=True) as con:
        rows = packages.write(settings, con, ask, out)
    common.console.give({"for": ask.role, "out": str(out), "files": rows})
    common.console.table("package", ["file", "rows"], list(rows.items()), kind="package")
    common.console.say(f"The package for {ask.role} is in {out}; the audit log has its line.")


def _one(name: str, settings: Settings, common: Common) -> None:
    from flows import progress, steps
    from flows.home import lock

    step = next(s for s in steps.STEPS if s.name == name)
    with lock.hold(settings.home), progress.shown(common.console) as work, work.step(name) as watcher:
        outcome = steps.perform(step, settings, watcher)
    _show({name: outcome}, common)


def _show(outcomes: dict[str, Outcome], common: Common) -> None:
    for name, outcome in outcomes.items():
        common.console.say(f"{name}: {outcome}")
    common.console.give(document(outcomes))
