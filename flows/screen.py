"""The Prefect flow `screen`: the same steps as tasks, with parameters, retries, logs and table artifacts.

Imported only where a flow runs; the environment must be prepared first (flows.server.prepare).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Failed

from data import errors
from data.warehouse import open_warehouse
from flows import lock, settings, steps
from flows.exports import tables, watchlists
from flows.outcome import Outcome

#: What Prefect's own database may hold of a lead: nothing that names a person.
SHOWN = ("rank", "lead_id", "tier", "score", "amount_at_risk", "expected_yield", "findings", "status", "reasons")
ROWS = 20


def perform(name: str, options: dict[str, Any]) -> Outcome | State[Any]:
    """One step, said in the flow run's log; an expected error is a failed state with its sentence."""
    log = get_run_logger()
    step = next(s for s in steps.STEPS if s.name == name)
    try:
        outcome = steps.perform(step, _settings(options), log.info)
    except errors.FundwatchError as error:
        return Failed(message=str(error), name=type(error).__name__)
    log.info("%s: %s", name, outcome)
    return outcome


@flow(name="screen", validate_parameters=False)
def screen(
    home: str,
    input: str,
    out: str | None = None,
    top: int | None = None,
    days: float | None = None,
    objective: str | None = None,
    language: str | None = None,
    labels: str | None = None,
    seed: int | None = None,
    unmask: bool | None = None,
) -> dict[str, Outcome] | State[Any]:
    """From an export to published watchlists; returns what came of each step."""
    options: dict[str, Any] = {
        "home": home,
        "input": input,
        "out": out,
        "top": top,
        "days": days,
        "objective": objective,
        "language": language,
        "labels": labels,
        "seed": seed,
        "unmask": unmask,
    }
    said: dict[str, Any] = {}
    with lock.hold(Path(home)):
        for step in steps.STEPS:
            one = task(
                name=step.name,
                retries=step.retries,
                retry_delay_seconds=5,
                retry_condition_fn=_unexpected,
                cache_policy=NO_CACHE,
                persist_result=False,
            )(perform)
            state = one(step.name, options, return_state=True)
            if not state.is_completed():
                return Failed(message=state.message, name=state.name)
            said[step.name] = state.result()
        _artifacts(_settings(options))
    return said


def run_as_flow(wanted: settings.Settings, say: Callable[[str], None]) -> dict[str, Outcome]:
    """Run the flow in this process against the prepared server. Raises what the failed step raised."""
    say("running as the Prefect flow 'screen' ...")
    state = screen(
        home=str(wanted.home.resolve()),
        input=str(wanted.input.resolve()) if wanted.input else "",
        out=str(wanted.out.resolve()) if wanted.out else None,
        top=wanted.top,
        days=wanted.days,
        objective=wanted.objective,
        language=wanted.language,
        labels=wanted.labels,
        seed=wanted.seed,
        unmask=wanted.unmask,
        return_state=True,
    )
    if not state.is_completed():
        kind = getattr(errors, state.name or "", errors.FundwatchError)
        raise kind(state.message or "The flow run failed; its log says why.")
    said: Any = state.result()
    return dict(said)


def _unexpected(task: Any, run: Any, state: State[Any]) -> bool:
    """A refused input is refused again; only what nobody expected is worth another try."""
    return getattr(errors, state.name or "", None) is None


def _settings(options: dict[str, Any]) -> settings.Settings:
    rest = {k: v for k, v in options.items() if k not in ("home", "input", "out")}
    places: dict[str, Any] = {k: Path(options[k]) if options[k] else None for k in ("input", "out")}
    return settings.load(Path(options["home"]), **places, **rest)


def _artifacts(wanted: settings.Settings) -> None:
    from flows.publish import ingest_of

    with open_warehouse(wanted.home, read_only=True) as con:
        this, _ = steps.run_id(wanted, con)
        _table("account", f"Account of run {this}", tables.account(con, ingest_of(con)).to_dicts())
        for kind in watchlists.SUBJECT_TYPES:
            rows = watchlists.watchlist(con, kind, this, language=wanted.language, top=ROWS)
            shown = list(SHOWN) if kind not in ("institution", "pharmacy") else [SHOWN[0], "subject_name", *SHOWN[1:]]
            _table(f"watchlist-{kind}", f"{kind}, first {ROWS} of run {this}", rows.select(shown).to_dicts())


def _table(key: str, description: str, rows: list[dict[str, Any]]) -> None:
    plain = [{k: v if isinstance(v, int) else str(v) for k, v in row.items()} for row in rows]
    create_table_artifact(key=key, description=description, table=plain)
