"""A delivery that has come: what lies in the watched folder is new, and nobody is still copying it.

Nothing here imports Prefect; the server is asked as anyone can ask it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data.ingest import stray

#: Remembered in HOME: what was last run, and by which flow run.
FILE = "arrived.json"
#: A file that programs leave beside what they have written whole; it spares the wait.
MARKER = "_SUCCESS"
#: What a file is called while it is still fetched, and the seconds after which nobody fetches it any more.
UNFINISHED = re.compile(r".*\.(tmp|temp|crdownload|(file)?part|partial|(op)?download(ing)?|td|xltd)", re.IGNORECASE)
GIVEN_UP = 24 * 3600.0
#: Of a run that did not come to its end, what it was to read has not been run.
CUT_SHORT = ("CRASHED", "CANCELLED")

Ask = Callable[[str, dict[str, Any] | None], Any]


@dataclass
class Arrivals:
    """Looks at the folder of one HOME's deliveries; `minutes`: so long nothing of it may have changed."""

    folder: Path
    home: Path
    minutes: float
    clock: Callable[[], float] = time.monotonic
    _seen: str = ""
    _since: float = field(default=0.0)

    def look(self, ask: Ask, deployment: str) -> bool:
        """Plan a run where a delivery has come whole that none has read; returns whether it did.

        One that was refused is not read again until something of it changes. What a killed process left is.
        """
        state, wait = self._state()
        if state != self._seen:  # also at the first look: how long it has lain there, nobody watched
            self._seen, self._since = state, self.clock()
            return False
        if not state or self.clock() - self._since < wait:
            return False
        try:
            if self._is_read(ask, state) or self._is_running(ask, deployment):
                return False
            begun = ask(f"deployments/{deployment}/create_flow_run", {"state": {"type": "SCHEDULED"}})
        except (
            OSError,
            ValueError,
            LookupError,
            TypeError,
        ):  # also an answer that is none: asked again at the next look
            return False
        self._remember(state, str(begun["id"]))
        return True

    def _state(self) -> tuple[str, float]:
        """A hash of what lies in the folder, empty where nothing does; and the seconds for which it must lie still.

        None where a marker says that it is whole: one as new as everything it stands beside.
        """
        files: list[tuple[str, int, int]] = []
        marked, wait = 0, self.minutes * 60
        for place, folders, names in os.walk(self.folder):
            folders.sort()
            for name in sorted(names):
                path = Path(place) / name
                shown = stray.shown(path.relative_to(self.folder).as_posix())
                is_unfinished = UNFINISHED.fullmatch(name) is not None
                with suppress(OSError):  # it was taken away between two looks
                    status = path.stat()
                    if name == MARKER:
                        marked = max(marked, status.st_mtime_ns)
                    elif is_unfinished or not stray.is_stray(shown) or stray.is_counting(name):
                        files.append((shown, status.st_size, status.st_mtime_ns))
                        wait = max(wait, GIVEN_UP if is_unfinished else 0.0)
        if not files:
            return "", wait
        state = hashlib.sha256(json.dumps(files).encode()).hexdigest()
        return state, 0.0 if marked >= max(changed for _, _, changed in files) else wait

    def _is_read(self, ask: Ask, state: str) -> bool:
        try:
            kept = json.loads((self.home / "prefect" / FILE).read_text(encoding="utf-8"))
            if kept["state"] != state:
                return False
            run = str(kept["run"])
        except (OSError, ValueError, LookupError, TypeError):
            return False
        runs = ask("flow_runs/filter", {"flow_runs": {"id": {"any_": [run]}}})
        return not any(r["state_type"] in CUT_SHORT for r in runs)

    def _is_running(self, ask: Ask, deployment: str) -> bool:
        """Whether a run is on or due at once: what it reads of the folder is read once it ends."""
        wanted = {
            "deployments": {"id": {"any_": [deployment]}},
            "flow_runs": {"state": {"type": {"any_": ["RUNNING", "PENDING"]}}},
        }
        return bool(ask("flow_runs/filter", wanted))

    def _remember(self, state: str, run: str) -> None:
        place = self.home / "prefect" / FILE
        aside = place.with_suffix(".part")
        aside.write_text(json.dumps({"state": state, "run": run}), encoding="utf-8")
        aside.replace(place)
