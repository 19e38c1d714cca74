"""evaluate --doses: the same towns with less and more planted in them, and the least share the lists notice."""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from flows.commands.common import Common
from flows.home.settings import Settings

CACHE = "evaluated"
#: Whose files decide what a town's lists are.
DECIDING = ("data", "features", "models")


@dataclass(frozen=True)
class Plan:
    """What every town has in common: its persons, the schemes named (None: drawn), the settings but HOME and input."""

    persons: int
    schemes: Sequence[str] | None
    dose: float
    settings: Settings

    def at(self, home: Path, export: Path) -> Settings:
        """The settings for one town."""
        return replace(self.settings, home=home, input=export)


def read_doses(text: str) -> list[float]:
    """The doses of a list separated by commas, in ascending order; UsageError for what is no number above 0."""
    from data.errors import UsageError

    try:
        doses = sorted({float(part) for part in text.split(",") if part.strip()})
    except ValueError:
        doses = []
    if not doses or not 0 < doses[0] <= doses[-1] <= 20:
        raise UsageError("Give doses above 0 and up to 20, separated by commas: --doses 0.1,0.25,0.5,1,2.")
    return doses


def by_dose(
    seeds: Iterable[int], doses: Sequence[float], plan: Plan, run: Callable[[Settings], None], common: Common
) -> dict[str, Any]:
    """Measure every seed's town at every dose, `run` being the steps up to the lists; see `doses.summarise`.

    What the same code measured before is read from HOME/evaluated instead.
    """
    from models.evaluation import doses as evaluation

    towns = []
    for seed in seeds:
        for dose in doses:
            plan = replace(plan, dose=dose)
            towns.append(_remembered(seed, plan, run, common) | {"seed": seed, "dose": dose})
    return evaluation.summarise(towns) | {"persons": plan.persons}


def _remembered(seed: int, plan: Plan, run: Callable[[Settings], None], common: Common) -> dict[str, Any]:
    from flows.home import version

    asked = [version.code(DECIDING), plan.persons, seed, plan.dose, plan.schemes, plan.settings.deciding()]
    name = hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()[:24]
    path = plan.settings.home / CACHE / f"{name}.json"
    if path.exists():
        return dict(json.loads(path.read_text(encoding="utf-8")))
    started = time.perf_counter()
    said = _town(seed, plan, run)
    common.console.progress(f"town {seed}, dose {plan.dose:g}: {time.perf_counter() - started:.0f} s")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(said, ensure_ascii=False, sort_keys=True), encoding="utf-8")
    return said


def _town(seed: int, plan: Plan, run: Callable[[Settings], None]) -> dict[str, Any]:
    from data.simulate import simulate
    from data.warehouse.connection import open_warehouse
    from models.evaluation import doses as evaluation
    from models.evaluation import truth

    with tempfile.TemporaryDirectory(prefix="fundwatch-evaluate-") as folder:
        town, home = Path(folder) / "town", Path(folder) / "home"
        simulate(town, persons=plan.persons, seed=seed, schemes=plan.schemes, dose=plan.dose)
        run(plan.at(home, town))
        with open_warehouse(home, memory_limit=plan.settings.memory_limit) as con:
            truth.load(con, town / "truth")
            return evaluation.town(con)


def show(summary: dict[str, Any], markdown: bool, common: Common) -> None:
    """Print the tables of a dose summary."""
    from models.evaluation import doses as evaluation
    from models.evaluation import report

    common.console.give(summary)
    for title, columns, rows in evaluation.tables(summary):
        if markdown:
            common.console.say(f"**{title}**\n\n{report.table(columns, rows)}\n")
        else:
            common.console.table(title, columns, rows)
