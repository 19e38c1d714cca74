"""simulate and demo: a made-up town, and the whole path on it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from flows.commands.common import COMMON, COUNT, Common, Language, app
from flows.commands.run import run_directly

SIZES = {"small": 20_000, "middle": 100_000, "large": 300_000}
Persons = Annotated[int, Parameter(help="Insured persons of the town.")]
Seed = Annotated[int, Parameter(help="Seed: the same seed gives the same town.")]


@app.command
def simulate(
    folder: Annotated[Path, Parameter(help="Folder to write the export to; the answers go to its truth folder.")],
    *,
    persons: Annotated[int | None, Parameter(help="Insured persons of the town, 20,000 by default.")] = None,
    size: Annotated[str | None, Parameter(help="small, middle or large: 20,000, 100,000 or 300,000 persons.")] = None,
    seed: Seed = 1,
    dose: Annotated[float, Parameter(help="Share of planted business, 1 is normal, 0 an honest town.")] = 1.0,
    violations: Annotated[bool, Parameter(help="Plant clear single violations of every rule as well.")] = False,
    common: Common = COMMON,
) -> None:
    """Write a year of a made-up town in the national export format, with planted schemes and their truth."""
    from data.errors import UsageError
    from data.simulate import simulate

    if size not in (None, *SIZES) or (size and persons):
        raise UsageError(f"Give either the persons of the town or one of the sizes {', '.join(SIZES)}.")
    persons = persons if persons is not None else SIZES[size or "small"]
    if seed < 0:
        raise UsageError(f"--seed is {seed}; it must be a whole number, not below 0.")
    if persons < 200 or not 0 <= dose < math.inf:
        raise UsageError("A town needs at least 200 persons and a dose of 0 or more.")
    schemes = () if dose == 0 else None
    counts = simulate(folder, persons=persons, seed=seed, schemes=schemes, dose=dose, violations=violations)
    for table, rows in counts.items():
        common.console.say(f"{table}: {rows:,} rows")
    common.console.give(counts)


@app.command
def demo(
    *,
    persons: Persons = 3_000,
    seed: Seed = 1,
    top: Annotated[int, Parameter(converter=COUNT, help="Leads shown of each list.")] = 5,
    language: Language = None,
    common: Common = COMMON,
) -> None:
    """Make a small town, run everything on it, and show the top of each list beside the planted truth."""
    import dataclasses

    from data.simulate import simulate
    from data.warehouse.connection import open_warehouse
    from flows.publish.watchlists import SUBJECT_TYPES, watchlist
    from models.evaluation import truth

    given = common.settings(language=language)
    home = given.home / "demo"
    export = home / f"town-{persons}-{seed}"
    common.console.progress(f"simulating {persons:,} persons ...")
    simulate(export, persons=persons, seed=seed)
    settings = dataclasses.replace(given, home=home, input=export)
    run = run_directly(settings, common)["publish"]
    with open_warehouse(home) as con:
        truth.load(con, export / "truth")
        this = str(run.run_id)
        lists = {kind: watchlist(con, kind, this, language=settings.language, top=top) for kind in SUBJECT_TYPES}
        judged = truth.hits_at(con, 10)
    shown = ["rank", "subject_id", "subject_name", "tier", "score", "amount_at_risk", "reasons"]
    for kind, rows in lists.items():
        common.console.table(f"watchlist: {kind}", shown, rows.select(shown).rows())
    names = ["list", "planted", "top", "planted among them"]
    common.console.table("against the planted truth of this town", names, judged)
    common.console.give(
        {
            "lists": {k: v.to_dicts() for k, v in lists.items()},
            "truth": [dict(zip(names, j, strict=True)) for j in judged],
        }
    )
    common.console.say(f"Everything is in {run.folder}")
