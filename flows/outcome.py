"""What a step comes back with: counts for programs, a sentence for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """What one step did. `run_id` and `folder` are of the run it published; printed, it is its sentence."""

    sentence: str
    counts: Mapping[str, int] = field(default_factory=dict)
    run_id: str | None = None
    folder: Path | None = None

    def __str__(self) -> str:
        return self.sentence


def ended_in(steps: Mapping[str, Outcome]) -> dict[str, Any]:
    """run_id and folder of the run that the steps published; nothing where they published none."""
    last = next((s for s in steps.values() if s.run_id is not None), None)
    return {} if last is None else {"run_id": last.run_id, "folder": last.folder}


def document(steps: Mapping[str, Outcome]) -> dict[str, Any]:
    """The steps' outcomes as plain data, with the run they ended in where they published one."""
    run = {name: str(value) for name, value in ended_in(steps).items()}
    return run | {"steps": {name: {"sentence": s.sentence, **s.counts} for name, s in steps.items()}}
