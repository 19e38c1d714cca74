"""What can go wrong with a served schedule, seen from outside: the server, its planning, runs that crashed.

Nothing here imports Prefect; the server is asked as anyone can ask it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flows.home import lock
from flows.prefect import owned, processes, server

#: The flow, and what an earlier version called it: its runs may still be on.
FLOWS = ("run", "screen")
#: Seconds a trouble must last before it is one: the scheduler looks every minute, a loaded machine is slow to answer.
SILENT, UNPLANNED, OVERDUE = 90, 180, 300
#: How far ahead Prefect's scheduler plans (100 days), and a margin.
PLANNED_AHEAD = timedelta(days=98)
LAST_ERROR = re.compile(r"^[\w.]*(?:Error|Exception)\b.*", re.MULTILINE)

Ask = Callable[[str, dict[str, Any] | None], Any]


@dataclass
class Watch:
    """Looks after the server of one HOME and remembers since when something is wrong."""

    home: Path
    ask: Ask
    deployment: str
    cron: str
    clock: Callable[[], float] = time.monotonic
    _since: dict[str, float] = field(default_factory=dict)

    def look(self, next_due: datetime | None) -> str | None:
        """Put right what can be put right; returns the trouble that cannot, in a sentence, None if there is none."""
        try:
            waiting = self._runs("SCHEDULED", sort="EXPECTED_START_TIME_ASC")
            running = self._runs("RUNNING", "PENDING")
            self._crash_left()
        except (OSError, ValueError, LookupError, TypeError) as error:  # also an answer that is none
            if self._lasts("silent", True, SILENT):
                return f"The Prefect server of {self.home} has not answered for {SILENT} seconds: {error}."
            return None
        self._lasts("silent", False, SILENT)
        now = datetime.now(UTC)
        is_planned = bool(waiting or running) or next_due is None or next_due > now + PLANNED_AHEAD
        if self._lasts("unplanned", not is_planned, UNPLANNED) and self._is_on():
            return f"The Prefect server of {self.home} plans no run for the schedule{self._why()}."
        overdue = [due for run in waiting[:1] if (due := datetime.fromisoformat(run["expected_start_time"])) < now]
        if self._lasts("overdue", bool(overdue) and not running, OVERDUE) and self._is_on():
            return f"The run that was due at {overdue[0].astimezone():%Y-%m-%d %H:%M} has not begun{self._why()}."
        return None

    def _is_on(self) -> bool:
        """Whether the schedule is still the one served: on Prefect's page it can be paused or changed."""
        try:
            deployment = self.ask(f"deployments/{self.deployment}", None)
        except OSError:
            return False
        crons = [s["schedule"].get("cron") for s in deployment["schedules"] if s["active"]]
        return not deployment["paused"] and self.cron in crons

    def _runs(self, *states: str, sort: str = "START_TIME_DESC") -> list[dict[str, Any]]:
        """The deployment's runs in these states."""
        wanted = {
            "deployments": {"id": {"any_": [self.deployment]}},
            "flow_runs": {"state": {"type": {"any_": states}}},
        }
        runs: list[dict[str, Any]] = self.ask("flow_runs/filter", {**wanted, "sort": sort})
        return runs

    def _crash_left(self) -> None:
        """A run whose process is gone is crashed; so is one that never said which it is while nobody holds HOME."""
        begun = left(self.ask, self.home, ("RUNNING",))
        gone = {run["id"] for run in begun if run["infrastructure_pid"] and not _lives(run, self.home)}
        for run in begun:
            is_unknown = not run["infrastructure_pid"] and not _lives(run, self.home)
            if self._lasts(f"unknown {run['id']}", is_unknown, OVERDUE):
                gone.add(run["id"])
        crash(self.ask, gone)

    def _lasts(self, what: str, is_so: bool, seconds: float) -> bool:
        if not is_so:
            self._since.pop(what, None)
            return False
        return self.clock() - self._since.setdefault(what, self.clock()) >= seconds

    def _why(self) -> str:
        """The last error the server wrote down, if it wrote one."""
        try:
            text = server.log_file(self.home).read_text(encoding="utf-8", errors="replace")[-65536:]
        except OSError:
            return ""
        errors = LAST_ERROR.findall(text)
        return f" (its log ends with: {errors[-1][:200].rstrip('.')})" if errors else ""


def recover(ask: Ask, home: Path) -> int:
    """At the start of a server: runs that a crash left on are Crashed, unless their process lives; returns how many."""
    on = left(ask, home, ("RUNNING", "PENDING", "CANCELLING"))
    gone = {run["id"] for run in on if not _lives(run, home)}
    crash(ask, gone)
    return len(gone)


def _lives(run: dict[str, Any], home: Path) -> bool:
    """Whether the run's process is there; one that did not come to say which it is may be the one that holds HOME."""
    if run["infrastructure_pid"]:
        return processes.lives(run["infrastructure_pid"])
    return bool(run["state_type"] == "RUNNING") and lock.is_held(home)


def left(ask: Ask, home: Path, states: tuple[str, ...]) -> list[dict[str, Any]]:
    """The runs of this HOME in these states, of the schedule or from the command line."""
    wanted = {"flows": {"name": {"any_": [*FLOWS]}}, "flow_runs": {"state": {"type": {"any_": states}}}}
    runs = ask("flow_runs/filter", wanted)
    return [run for run in runs if owned.tag(home) in run["tags"]]


def crash(ask: Ask, runs: set[str]) -> None:
    """Say of these runs what became of them."""
    state = {"type": "CRASHED", "name": "Crashed", "message": "Its process ended before the run did."}
    for run in sorted(runs):
        ask(f"flow_runs/{run}/set_state", {"state": state})


def make_up(ask: Ask, deployment: str) -> bool:
    """Plan the last run of the schedule once more if it was cut short, once; returns whether it was.

    Nothing is to be made up while a run is due: one that was missed waits in the server's book.
    """
    latest = {"deployments": {"id": {"any_": [deployment]}}, "sort": "EXPECTED_START_TIME_DESC", "limit": 1}
    latest["flow_runs"] = {"expected_start_time": {"before_": datetime.now(UTC).isoformat()}}
    is_cut_short = any(r["state_type"] == "CRASHED" and r["auto_scheduled"] for r in ask("flow_runs/filter", latest))
    if is_cut_short:
        ask(f"deployments/{deployment}/create_flow_run", {"state": {"type": "SCHEDULED"}})
    return is_cut_short
