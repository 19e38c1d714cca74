"""The Prefect flow `run`: the same steps as tasks, with parameters, retries, logs and table artifacts.

Imported only where a flow runs; the environment must be prepared first (flows.prefect.server.prepare).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import polars as pl
from prefect import flow, get_run_logger, tags, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.runtime import deployment, flow_run
from prefect.states import Failed

from data import errors
from data.warehouse.connection import open_warehouse
from data.warehouse.parts import Part, Watcher
from flows import hook, language, options, progress, steps
from flows.home import lock, settings
from flows.home.state import State as HomeState
from flows.outcome import Outcome, ended_in
from flows.prefect import asking, owned, processes
from flows.publish import checks, tables, watchlists
from flows.publish.labels import labelled

#: What Prefect's own database may hold of a lead: nothing that names a person.
SHOWN = ("rank", "lead_id", "tier", "score", "amount_at_risk", "expected_yield", "findings", "status", "reasons")
ROWS = 20
#: Seconds a run of the schedule waits for a HOME in use; who runs by hand is told at once.
PATIENCE = 6 * 3600


def perform(name: str, parameters: dict[str, Any]) -> Any:
    """One step, said in the flow run's log; an expected error is a failed state with its sentence."""
    say = _Log(parameters)
    step = next(s for s in steps.STEPS if s.name == name)
    try:
        outcome = steps.perform(step, options.of(owned.owned(), parameters), say)
    except errors.FundwatchError as error:
        return _failed(error, parameters)
    except RuntimeError as error:
        if "interrupted" in str(error).lower():  # DuckDB's word for Ctrl-C, which is not to be tried again
            raise KeyboardInterrupt from error
        raise
    say(f"{name}: {outcome}")
    return outcome


class _Log(Watcher):
    """The run's log on Prefect's page, in the language of the run."""

    def __init__(self, parameters: dict[str, Any]) -> None:
        self.log, self.language = get_run_logger(), _language(parameters)

    def __call__(self, line: str) -> None:
        self.log.info("%s", language.spoken(line, self.language))

    def end(self, part: Part, word: str, seconds: float) -> None:
        self(progress.ended(part, word, seconds))


def _language(parameters: dict[str, Any]) -> str:
    """The run's language, also where its settings are refused."""
    asked = [f"--language={parameters['language']}"] if parameters.get("language") else []
    with suppress(errors.UsageError):  # it belongs to no service, and that is what will be said
        asked.append(f"--home={owned.owned()['home']}")
    return language.chosen(asked)


def _run_name() -> str:
    """The day and minute the run is of, so that the page's list reads like a calendar."""
    return f"{flow_run.get_scheduled_start_time().astimezone():%Y-%m-%d %H:%M}"


@flow(name="run", flow_run_name=_run_name)
@options.asked
def run(**parameters: Any) -> Any:
    """From an export to published watchlists; returns what came of each step."""
    try:
        wanted = options.of(owned.owned(), parameters)
    except errors.FundwatchError as error:
        return _failed(error, parameters)
    _sign()
    ended = _steps(wanted, parameters)
    if deployment.id:  # one by hand is told by the command that began it
        kind = getattr(errors, ended.name or "", errors.FundwatchError) if isinstance(ended, State) else None
        run_of = ended_in(ended) if not isinstance(ended, State) else {}
        hook.call(wanted, kind.exit_code if kind else 0, _Log(parameters), **run_of)
    return ended


def _steps(wanted: settings.Settings, parameters: dict[str, Any]) -> dict[str, Outcome] | State[Any]:
    """What came of each step, each as a task; the failed state of the one that failed."""
    home, patience = wanted.home, PATIENCE if deployment.id else 0
    if patience and lock.is_held(home):
        _Log(parameters)(f"{home} is in use; this run begins when it is free")
    try:
        with lock.hold(home, patience=patience):
            outcomes = {}
            for step in steps.STEPS:
                state = _task(step)(step.name, parameters, return_state=True)
                if not state.is_completed():
                    return Failed(message=state.message, name=state.name)
                outcomes[step.name] = state.result()
            _artifacts(wanted, outcomes)
    except errors.FundwatchError as error:
        return _failed(error, parameters)
    return outcomes


def run_as_flow(asked: options.RunOptions, home: Path, folder: Path, say: Callable[[str], None]) -> dict[str, Outcome]:
    """Run the flow in this process against the prepared server. Raises what the failed step raised."""
    say("running as the Prefect flow 'run' ...")
    owned.own(asked.owned(home, folder))
    try:
        with tags(owned.tag(home)):
            state: Any = run(**asked.free(), return_state=True)
    except Exception as error:  # what a step raises is a state; this is the server's
        raise errors.FundwatchError(
            f"The Prefect server failed: {' '.join(str(error).split())[:300] or type(error).__name__}."
            " Run again to go on; --no-prefect runs without it."
        ) from error
    if not state.is_completed():
        kind = getattr(errors, state.name or "", errors.FundwatchError)
        raise kind(state.message or "The flow run failed; its log says why.")
    outcomes: Any = state.result()
    return dict(outcomes)


def _sign() -> None:
    """Leave word which process this run is, so that `serve` can tell one that was killed from one that is slow.

    A run of `serve` ends with it: its server is gone too, and the next `serve` makes it up.
    """
    if marked := owned.owned().get(owned.SERVED_BY):
        processes.follow(marked)
    if url := os.environ.get("PREFECT_API_URL"):
        with suppress(OSError):
            asking.ask(url, f"flow_runs/{flow_run.id}", {"infrastructure_pid": processes.mark()}, method="PATCH")


def _task(step: steps.Step) -> Any:
    return task(
        name=step.name,
        task_run_name=step.name,
        retries=step.retries,
        retry_delay_seconds=5,
        retry_condition_fn=_unexpected,
        cache_policy=NO_CACHE,
        persist_result=False,
    )(perform)


def _failed(error: errors.FundwatchError, parameters: dict[str, Any]) -> State[Any]:
    return Failed(message=language.spoken(str(error), _language(parameters)), name=type(error).__name__)


def _unexpected(task: Any, run: Any, state: State[Any]) -> bool:
    """A refused input is refused again; only what nobody expected is worth another try."""
    return getattr(errors, state.name or "", None) is None


#: Files of a run that its page leads to, where they are there.
FILES = ("report.html", "watchlists.xlsx", "watchlist_*.csv", "coverage.csv", "drift.csv", "manifest.json")


def _artifacts(wanted: settings.Settings, outcomes: Mapping[str, Outcome]) -> None:
    from flows.publish.publish import ingest_of
    from models.casebook import drift

    with open_warehouse(wanted.home, read_only=True) as con:
        this, _ = steps.run_id(HomeState(wanted, con))
        _table("account", f"Account of run {this}", tables.account(con, ingest_of(con)), wanted.language)
        _table("check", f"Checks of run {this}", checks.results(con), wanted.language)
        _table("coverage", f"What each source judged in run {this}", tables.coverage(con), wanted.language)
        _table("drift", f"What moved in run {this} against the run before", drift.compare(con, this), wanted.language)
        for kind in watchlists.SUBJECT_TYPES:
            rows = watchlists.watchlist(con, kind, this, language=wanted.language, top=ROWS)
            shown = list(SHOWN) if kind not in ("institution", "pharmacy") else [SHOWN[0], "subject_name", *SHOWN[1:]]
            _table(f"watchlist-{kind}", f"{kind}, first {ROWS} of run {this}", rows.select(shown), wanted.language)

    if (folder := ended_in(outcomes).get("folder")) is not None:
        places = [place for name in FILES for place in sorted(Path(folder).resolve().glob(name))]
        listed = [f"- [{place.name}]({place.as_uri()}) `{place}`" for place in places]
        description = language.spoken(f"Files of run {this}, on the machine that ran it", wanted.language)
        create_markdown_artifact(key="files", description=description, markdown="\n".join(listed))


def _table(key: str, description: str, rows: pl.DataFrame, spoken: str) -> None:
    labelled_rows = labelled(rows, "zh" if spoken == "zh" else "names", key)
    plain = [{k: v if isinstance(v, int) else str(v) for k, v in row.items()} for row in labelled_rows.to_dicts()]
    create_table_artifact(key=key, description=language.spoken(description, spoken), table=plain)
