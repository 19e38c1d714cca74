"""Rules that people wrote: one that fails is left out and named while on trial, and stops the run when it is live."""

from __future__ import annotations

from collections.abc import Collection

import duckdb

from data.errors import FundwatchError
from flows.home.state import State
from models.sources import source
from models.sources.needs import Held
from models.sources.source import Source
from models.workbench import located


def refused(con: duckdb.DuckDBPyConnection, stale: Collection[Source]) -> dict[str, str]:
    """The trial rules that people wrote and that the engine refuses, each with why, before any is judged with.

    Raises FundwatchError for a live one.
    """
    why_not = {}
    for each in stale:
        if each.is_own:
            try:
                with source.explained(each):
                    located.bind(con, each)
            except FundwatchError as error:
                _stop_live(each, error)
                why_not[each.id] = str(error)
    return why_not


def judge(state: State, each: Source, refused: dict[str, str], held: Held) -> bool:
    """Judge with one source; whether it had its data. A trial rule that people wrote and that fails is `refused`."""
    try:
        return source.run(state.con, each, state.basis(each), state.settings.rule_minutes * 60, held)
    except source.RuleFailed as error:
        _stop_live(each, error)
        refused[each.id] = str(error)
        return False


def _stop_live(each: Source, error: FundwatchError) -> None:
    if each.card.status == "live":
        retire = f"fundwatch rule retire {each.id} --reason TEXT"
        raise FundwatchError(f"{str(error).rstrip('.')}. It is live: correct it, or `{retire}`.") from error
