"""evaluate --learning: rounds of made-up inspections, and what their verdicts do to the next list."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.commands.common import Common

if TYPE_CHECKING:
    from flows.commands.dosing import Plan as TownPlan
    from models.evaluation.learning import Plan

#: Heading -> figure of `models.evaluation.learning.summarise`.
SHOWN = {
    "judged": "judged",
    "confirmed": "confirmed",
    "next list": "precision",
    "no learning": "unlearned",
    "gain": "gain",
    "never learned": "never",
    "confirmed there": "never_confirmed",
    "oracle": "possible",
    "AP": "ap",
    "AP, no learning": "unlearned_ap",
    "fresh town, 1st list": "fresh",
    "its 2nd list": "fresh_deep",
    "its AP": "fresh_ap",
    "AP gained there": "fresh_gain",
}
COUNTED = ("judged", "confirmed", "never_confirmed")
NOTE = (
    "Made-up towns; one work list for all kinds of subject, a fifth of it drawn at random. 'next list' is the"
    " precision of the next list over leads nobody has judged, 'no learning' the same leads in the order that never"
    " saw a verdict, 'never learned' a town inspected by that order from the start, 'oracle' what is still there to"
    " find: judged leads leave, so the town runs dry. The fresh town is another one, where nobody is judged, ranked by"
    " the first town's verdicts. ± is the standard deviation over towns."
)


def rounds_of(rounds: int, per_round: int, noise: float, objective: str | None) -> Plan:
    """The rounds to play. Raises UsageError for what makes no sense."""
    from data.errors import UsageError
    from models.evaluation.learning import Plan

    if rounds < 1 or per_round < 5 or not 0 <= noise < 0.5:
        raise UsageError("Give at least one round, at least 5 leads a round, and a noise from 0 to below 0.5.")
    return Plan(rounds, per_round, noise, objective=objective or "both")


def measure(towns: TownPlan, rounds: Plan, seeds: int, markdown: bool, common: Common) -> None:
    """Play the rounds in towns of the seeds 1, 2 ...; each town's fresh one is the next. Prints and answers."""
    from models.evaluation import learning

    curves = []
    with tempfile.TemporaryDirectory(prefix="fundwatch-learning-") as folder:
        place = Path(folder)
        for seed in range(1, seeds + 1):
            common.console.progress(f"town {seed}: {towns.persons:,} persons ...")
            _town(place, seed, towns)
        for seed in range(1, seeds + 1):
            common.console.progress(f"town {seed}: {rounds.rounds} rounds of {rounds.per_round} verdicts ...")
            curves.append(_curve(place, seed, seed % seeds + 1, towns, rounds))
    said = learning.summarise(curves)
    common.console.give({"rounds": said, "towns": curves, "persons": towns.persons, "noise": rounds.noise})
    _print(said, seeds, rounds, markdown, common)


def _town(place: Path, seed: int, towns: TownPlan) -> None:
    from data.simulate import simulate
    from flows.commands import evaluate

    simulate(place / f"town-{seed}", persons=towns.persons, seed=seed, schemes=towns.schemes, dose=towns.dose)
    evaluate.run_town(towns.at(place / f"home-{seed}", place / f"town-{seed}"))


def _curve(place: Path, seed: int, other: int, towns: TownPlan, rounds: Plan) -> list[dict[str, Any]]:
    """The rounds in one town; afterwards its casebook is as empty as before, for it is the next one's fresh town."""
    from data.warehouse.connection import open_warehouse
    from flows import steps
    from models.evaluation import learning, truth

    settings = towns.at(place / f"home-{seed}", place / f"town-{seed}")
    with ExitStack() as stack:
        con = stack.enter_context(open_warehouse(settings.home, memory_limit=settings.memory_limit))
        truth.load(con, place / f"town-{seed}" / "truth")
        fresh = None
        if other != seed:
            fresh = stack.enter_context(open_warehouse(place / f"home-{other}", memory_limit=settings.memory_limit))
            truth.load(fresh, place / f"town-{other}" / "truth")
        try:
            return learning.curve(con, steps.sources(settings), rounds, seed, fresh)
        finally:
            learning.forget(con)


def _print(said: list[dict[str, Any]], seeds: int, rounds: Plan, markdown: bool, common: Common) -> None:
    from models.evaluation import report

    shown = {h: f for h, f in SHOWN.items() if said[0][f]["n"]}
    heads = ["round", *shown, "learned model live"]
    rows = [
        [str(r["round"]), *(report.cell(r[f], f in COUNTED) for f in shown.values()), f"{r['live']} of {seeds}"]
        for r in said
    ]
    if markdown:
        common.console.say(report.table(heads, rows))
    else:
        common.console.table(
            f"{rounds.rounds} rounds of {rounds.per_round} verdicts, {seeds} towns", heads, rows, kind="measured"
        )
    common.console.say(NOTE)
