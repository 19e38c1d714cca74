"""The errors a user can cause: one plain sentence, what to do, and an exit code."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class FundwatchError(Exception):
    """An expected error. Its text is shown as it is, without traceback."""

    exit_code = 1


class InUse(FundwatchError):
    """Another process holds what this one asks for."""


class CheckStopped(FundwatchError):
    """A check found something that makes the lists wrong; nothing was published."""

    exit_code = 1


class UsageError(FundwatchError):
    """The command or the settings ask for something that does not exist."""

    exit_code = 2


class InputRefused(FundwatchError):
    """The delivery cannot be loaded as it is; the warehouse is as it was before."""

    exit_code = 3


def like(word: str, known: Iterable[str]) -> str:
    """' Did you mean ...?' with the nearest of the known words; empty where none is near."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.7)
    return f" Did you mean '{near[0]}'?" if near else ""
