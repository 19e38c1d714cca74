"""evaluate: the proof. Made-up towns, or this HOME's own verdicts, against the lists and the plain orders."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from flows.commands import dosing
from flows.commands.common import COMMON, COUNT, Common, app
from flows.home.settings import Settings

RANK_SEEDS = (1, 2, 3)
SHOWN = (
    "P@10",
    "P@20",
    "P@50",
    "P@R",
    "recall@2R",
    "AP",
    "NDCG@R (yuan)",
    "yuan@R / oracle",
    "AUC",
    "size AUC",
)


@app.command
def evaluate(
    *,
    seeds: Annotated[int, Parameter(converter=COUNT, help="How many towns, by the seeds 1, 2, ...")] = 5,
    persons: Annotated[int, Parameter(help="Insured persons of each town.")] = 20_000,
    schemes: Annotated[
        str | None,
        Parameter(help="Planted schemes, separated by commas, or all; by default each town draws some of the schemes."),
    ] = None,
    dose: Annotated[float, Parameter(help="Share of planted business, 1 is normal.")] = 1.0,
    doses: Annotated[str | None, Parameter(help="Doses separated by commas: which share is noticed?")] = None,
    controls: Annotated[int, Parameter(help="How many towns also run honest and with institutions permuted.")] = 1,
    objective: Annotated[str | None, Parameter(help="What the order is for: hit_rate, money or both.")] = None,
    verdicts: Annotated[bool, Parameter(negative=(), help="Measure with this HOME's verdicts instead.")] = False,
    learning: Annotated[bool, Parameter(negative=(), help="Measure what rounds of verdicts teach the lists.")] = False,
    rounds: Annotated[int, Parameter(converter=COUNT, help="With --learning: how many rounds of inspection.")] = 3,
    per_round: Annotated[int, Parameter(converter=COUNT, help="With --learning: leads on a round's work list.")] = 50,
    noise: Annotated[float, Parameter(help="With --learning: share of verdicts that are wrong.")] = 0.0,
    markdown: Annotated[bool, Parameter(negative=(), help="Answer as Markdown tables.")] = False,
    common: Common = COMMON,
) -> None:
    """Measure the lists against planted truth in made-up towns, beside the orders that need no model."""
    if verdicts:
        _judged(common)
        return
    plan = _planned(seeds, persons, schemes, dose, common.settings(objective=objective))
    if learning:
        from flows.commands import learning_rounds

        rules_of_play = learning_rounds.rounds_of(rounds, per_round, noise, objective)
        learning_rounds.measure(plan, rules_of_play, seeds, markdown, common)
        return
    if doses is not None:
        dosing.show(
            dosing.by_dose(range(1, seeds + 1), dosing.read_doses(doses), plan, run_town, common), markdown, common
        )
        return
    _measure(plan, seeds, controls, markdown, common)


def _planned(seeds: int, persons: int, schemes: str | None, dose: float, settings: Settings) -> dosing.Plan:
    from data.errors import UsageError
    from data.simulate import scheme_names

    wanted = None if schemes is None else [s.strip() for s in schemes.split(",") if s.strip()]
    if schemes == "all":
        wanted = scheme_names()
    if unknown := sorted(set(wanted or ()) - set(scheme_names())):
        raise UsageError(f"There is no scheme {', '.join(unknown)}. Use {', '.join(scheme_names())}.")
    if seeds < 1 or persons < 1_000 or dose <= 0:
        raise UsageError("Give at least one seed, towns of at least 1,000 persons and a dose above 0.")
    return dosing.Plan(persons, wanted, dose, settings)


def _measure(plan: dosing.Plan, seeds: int, controls: int, markdown: bool, common: Common) -> None:
    from models.evaluation.report import report_markdown, summarise

    towns = [_town(seed, plan, seed <= controls, common) for seed in range(1, seeds + 1)]
    planted = sorted({row["scheme"] for town in towns for row in town["schemes"]})
    results = summarise(towns) | {"persons": plan.persons, "schemes_planted": planted, "dose": plan.dose}
    common.console.give(_jsonable(results))
    if markdown:
        common.console.say(report_markdown(results))
    else:
        _print(results, common)


def _town(seed: int, plan: dosing.Plan, with_controls: bool, common: Common) -> dict[str, Any]:
    """Everything measured in one town; its export and its warehouse are gone afterwards."""
    from data.simulate import simulate
    from data.warehouse.connection import open_warehouse
    from flows import steps
    from models.evaluation import measure, truth
    from models.evaluation.permuted import permute

    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="fundwatch-evaluate-") as folder:
        place = Path(folder)
        common.console.progress(f"town {seed}: {plan.persons:,} persons ...")
        simulate(place / "town", persons=plan.persons, seed=seed, schemes=plan.schemes, dose=plan.dose)
        settings = plan.at(place / "home", place / "town")
        run_town(settings)
        sources = steps.sources(settings)
        with open_warehouse(settings.home, memory_limit=settings.memory_limit) as con:
            truth.load(con, place / "town" / "truth")
            said: dict[str, Any] = {
                "seed": seed,
                "lists": measure.lists(con, seed),
                "rings": measure.rings(con),
                "schemes": measure.schemes(con).to_dicts(),
                "confounders": measure.confounders(con).to_dicts(),
                "tiers": measure.tiers(con).to_dicts(),
                "novel": measure.novel(con, sources, settings.objective).to_dicts(),
                "stability": measure.stability(con, sources, RANK_SEEDS, settings.objective),
            }
        if with_controls:
            common.console.progress(f"town {seed}: the same town with its institutions permuted ...")
            permute(place / "town", place / "permuted", seed)
            said["permuted"] = _permuted(place, plan)
            common.console.progress(f"town {seed}: the same town without fraud ...")
            said["honest"] = _honest(place, seed, plan)
    common.console.progress(f"town {seed}: {time.perf_counter() - started:.0f} s")
    return said


def run_town(settings: Settings) -> None:
    """All steps of a run but publishing."""
    from flows import steps

    for step in steps.STEPS:
        if step.name != "publish":
            steps.perform(step, settings)


def _permuted(place: Path, plan: dosing.Plan) -> list[dict[str, Any]]:
    from data.warehouse.connection import open_warehouse
    from models.evaluation import measure, truth

    settings = plan.at(place / "home-permuted", place / "permuted")
    run_town(settings)
    with open_warehouse(settings.home, memory_limit=settings.memory_limit) as con:
        truth.load(con, place / "town" / "truth")
        found = measure.lists(con)
    plain = {"by_count": "by count", "expected": "random"}
    return [
        {"subject_type": kind, **found[kind][measure.OURS]}
        | {name: found[kind][method]["average_precision"] for name, method in plain.items()}
        for kind in ("institution", "pharmacy")
    ]


def _honest(place: Path, seed: int, plan: dosing.Plan) -> list[dict[str, Any]]:
    from data.simulate import simulate
    from data.warehouse.connection import open_warehouse
    from models.evaluation import measure

    simulate(place / "honest", persons=plan.persons, seed=seed, schemes=())
    settings = plan.at(place / "home-honest", place / "honest")
    run_town(settings)
    with open_warehouse(settings.home, memory_limit=settings.memory_limit) as con:
        return measure.tiers(con).to_dicts()


def _print(results: dict[str, Any], common: Common) -> None:
    from models.evaluation import report

    for kind, methods in results["lists"].items():
        ours = next(iter(methods.values()))
        planted, everyone = ours["planted"]["mean"], ours["subjects"]["mean"]
        rows = [[m, *(report.cell(f[report.COLUMNS[c]]) for c in SHOWN)] for m, f in methods.items()]
        common.console.table(
            f"{kind}: {planted:,.0f} planted of {everyone:,.0f}", ["order", *SHOWN], rows, kind="measured"
        )
    for title, columns, rows in report.others(results):
        common.console.table(title, columns, rows, kind="measured")
    common.console.say(
        "Made-up towns: whoever wrote the rules also knew the schemes. R is the number planted; ties are broken by"
        " amount; ± is the standard deviation over towns, the bracket a 95 % interval of all towns together."
    )


def _judged(common: Common) -> None:
    """The same measures where the truth is this HOME's verdicts, and what the control arm says of the rest."""
    from data.warehouse.connection import open_warehouse
    from models.casebook import estimates
    from models.evaluation import judged, report

    with open_warehouse(common.settings().home, read_only=True) as con:
        found = judged.lists(con)
        rounds = estimates.rounds(con)
    common.console.give(_jsonable({"lists": found, "rounds": rounds.to_dicts()}))
    for kind, methods in found.items():
        ours = next(iter(methods.values()))
        rows = [[m, *(report.number(f[report.COLUMNS[c]]) for c in SHOWN)] for m, f in methods.items()]
        title = f"{kind}: {ours['planted']:,.0f} confirmed of {ours['subjects']:,.0f} judged"
        common.console.table(title, ["order", *SHOWN], rows, kind="measured")
    if not found:
        common.console.say("No verdict that confirms or dismisses is recorded yet. See `fundwatch verdict import`.")
        return
    shown = [[report.text(v) for v in row] for row in rounds.rows()]
    common.console.table("what each round's verdicts say", rounds.columns, shown, kind="measured")
    common.console.say(
        "Only leads that somebody chose to check have verdicts, so these figures speak of the checked, and those who"
        " were drawn at random (control arm) count for all they stand for. The rounds' estimates do not suffer from"
        " the choice: prevalence and total yuan are Horvitz-Thompson with 95 % intervals."
    )


def _jsonable(value: Any) -> Any:
    """NaN is no JSON: a figure that does not exist is null."""
    if isinstance(value, dict):
        return {k: _jsonable(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(v) for v in value]
    return None if isinstance(value, float) and value != value else value
