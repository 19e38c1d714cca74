"""A round of so many inspector-days: to the checks that bring most a day, whatever list they are on.

A lead's check is one job or two: what the record proves is settled at the desk, and is cheap; the rest needs a visit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import polars as pl

from models.ranking import selection
from models.ranking.capacity import Capacity
from models.ranking.selection import STRATA, Frame

#: From so many leads on a round has at least one that was drawn.
DRAWN_FROM = 10
#: The dearest fifth of what could be drawn is left out: one of them would take the room of several.
LIKELY_EFFORT = 0.8
DESK, VISIT, BOTH = "desk", "visit", "desk and visit"


@dataclass(frozen=True)
class Round:
    """The frame of the draw; what is done about the leads chosen outright (lead_id, job, effort, yield); every job, the
    best first."""

    frame: Frame
    jobs: pl.DataFrame
    every: pl.DataFrame


def whole(leads: pl.DataFrame) -> pl.DataFrame:
    """The whole check of each lead as one job: lead_id, job, effort, yield."""
    named = (
        pl.when(pl.col("visit_days").is_null())
        .then(pl.lit(DESK))
        .when(pl.col("desk_days").is_null())
        .then(pl.lit(VISIT))
        .otherwise(pl.lit(BOTH))
    )
    return leads.select("lead_id", named.alias("job"), "effort", pl.col("expected_yield").alias("yield"))


def plan(leads: pl.DataFrame, capacity: Capacity, seed: int, objective: str) -> Round:
    """What `capacity.days` leave to choose outright and what is left to chance; `leads` as capacity.leads gives them.

    Never more days than there are. Whatever a share (drawn, the ensemble's own) cannot use goes to the best a day.
    """
    days = float(capacity.days or 0)
    jobs = _jobs(leads, objective)
    leads = (
        jobs.unique("lead_id", keep="first", maintain_order=True)
        .select("lead_id")
        .join(leads, on="lead_id", maintain_order="left")
    )
    if float(jobs["cost"].sum()) <= days + 1e-9:
        return _settled(jobs, jobs, jobs.head(0), leads.head(0), 0, seed)
    own = days * capacity.ensemble if leads["is_ensemble"].any() else 0.0
    chance = _for_chance(jobs, leads, capacity, days - own)
    ranked = _bounded(jobs, days - own - chance, capacity)
    novel = selection.fitting(_without(jobs.filter("is_ensemble"), ranked), own)
    ranked = _filled(jobs, ranked, novel, days - chance)
    below, places = _drawable(leads, pl.concat([ranked, novel]), chance, capacity)
    kept_for_the_draw = below.tail(STRATA * places)
    ranked = _filled(_without(jobs, kept_for_the_draw), ranked, novel, days - _dearest(below, places))
    return _settled(jobs, ranked, novel, _without(below, ranked), places, seed)


def spare(planned: Round, drawn: pl.DataFrame, left: float) -> pl.DataFrame:
    """The jobs (lead_id, job, effort, yield) for the days that the draw left over: it is given enough for the dearest
    that may be drawn, and others are cheaper. They come from those it was made from, and say nothing of the rest."""
    rest = _without(_without(planned.every, planned.jobs), drawn)
    return _by_lead(selection.fitting(rest, left))


def _jobs(leads: pl.DataFrame, objective: str) -> pl.DataFrame:
    """A row a job, best a day first: lead_id, job, cost, yield and what bounds leads.

    Where the visit is worth more a day than the desk both are one job: there is no reason to stop between. For the hit
    rate a lead counts once, with its first job. What is too small for the upper tiers comes last.
    """
    kept = ("lead_id", "rule", "institution_id", "is_ensemble", "is_worth_it", "propensity")
    desk, visit = (pl.col(f"{part}_yield") / pl.max_horizontal(f"{part}_days", 0.01) for part in ("desk", "visit"))
    is_two = pl.all_horizontal(pl.col("desk_days", "visit_days").is_not_null())
    if objective != "hit_rate":
        is_two &= desk > visit
    single, parted = leads.filter(~is_two), leads.filter(is_two)
    every = [
        single.join(whole(single), on=["lead_id", "effort"], maintain_order="left").select(
            *kept, "job", "yield", cost="effort", nth=pl.lit(0)
        )
    ]
    for nth, (part, job) in enumerate((("desk", DESK), ("visit", VISIT))):
        own = {"job": pl.lit(job), "yield": pl.col(f"{part}_yield"), "cost": pl.col(f"{part}_days"), "nth": pl.lit(nth)}
        every.append(parted.select(*kept, **own))
    cost = pl.max_horizontal("cost", 0.01)
    likely = pl.when(pl.col("nth") == 0).then("propensity").otherwise(0.0) / cost
    gain = likely if objective == "hit_rate" else pl.col("yield") / cost
    return (
        pl.concat(every)
        .with_columns(gain=pl.when("is_worth_it").then(gain).otherwise(0.0), likely=likely)
        .sort("gain", "likely", "lead_id", "nth", descending=[True, True, False, False])
    )


def _bounded(jobs: pl.DataFrame, room: float, capacity: Capacity) -> pl.DataFrame:
    """The best a day that fit, at most so many leads of one leading rule and of one institution."""
    leads = jobs.unique("lead_id", keep="first", maintain_order=True)
    of_rule = max(1, math.ceil(capacity.per_rule * selection.fitting(jobs, room)["lead_id"].n_unique()))
    kept = selection.bounded(leads, of_rule, capacity.per_institution)
    return selection.fitting(jobs.join(kept, on="lead_id", how="semi", maintain_order="left"), room)


def _filled(jobs: pl.DataFrame, ranked: pl.DataFrame, novel: pl.DataFrame, room: float) -> pl.DataFrame:
    """`ranked` and what else fits: places nobody else fills go to the best a day alone."""
    taken = pl.concat([ranked, novel])
    left = jobs.join(taken, on=["lead_id", "job"], how="anti", maintain_order="left")
    return pl.concat([ranked, selection.fitting(left, room - float(taken["cost"].sum()))])


def _for_chance(jobs: pl.DataFrame, leads: pl.DataFrame, capacity: Capacity, room: float) -> float:
    """Days for the draw: their share, the cheapest check where that is dearer and the round is large, or none."""
    share = capacity.control * float(capacity.days or 0)
    rest = _without(leads, _bounded(jobs, room - share, capacity))
    if not share or not rest.height:
        return 0.0
    least = float(rest["effort"].min())  # type: ignore[arg-type]
    if least <= share:
        return share
    beside = _bounded(jobs, room - least, capacity)["lead_id"].n_unique()
    return least if beside >= DRAWN_FROM - 1 else 0.0


def _drawable(leads: pl.DataFrame, chosen: pl.DataFrame, room: float, capacity: Capacity) -> tuple[pl.DataFrame, int]:
    """The leads to draw from, and how many: so many that whoever is drawn, the room is enough."""
    fit = _without(leads, chosen).filter(pl.col("effort") <= room + 1e-9)
    if not fit.height:
        return fit, 0
    likely = float(fit["effort"].quantile(LIKELY_EFFORT, "higher"))  # type: ignore[arg-type]
    fit = fit.filter(pl.col("effort") <= likely)
    dearest = fit["effort"].sort(descending=True).cum_sum()
    beside = chosen["lead_id"].n_unique()
    share = beside * capacity.control / max(1e-9, 1 - capacity.control)
    wanted = math.floor(share + 0.5) if beside < DRAWN_FROM - 1 else max(1, math.floor(share + 0.5))
    return fit, min(wanted, int((dearest <= room + 1e-9).sum()))


def _dearest(below: pl.DataFrame, places: int) -> float:
    return float(below["effort"].sort(descending=True).head(places).sum())


def _without(rows: pl.DataFrame, chosen: pl.DataFrame) -> pl.DataFrame:
    return rows.join(chosen, on="lead_id", how="anti", maintain_order="left")


def _settled(
    every: pl.DataFrame, ranked: pl.DataFrame, novel: pl.DataFrame, below: pl.DataFrame, places: int, seed: int
) -> Round:
    is_novel = pl.col("lead_id").is_in(novel["lead_id"].implode())
    jobs = _by_lead(pl.concat([ranked, novel]))
    chosen = pl.concat(
        [selection.named(jobs.filter(~is_novel), "rank"), selection.named(jobs.filter(is_novel), "ensemble")]
    )
    return Round(selection.settled(chosen, below, places, seed), jobs, every)


def _by_lead(jobs: pl.DataFrame) -> pl.DataFrame:
    """lead_id, job, effort, yield: what is done about each lead."""
    several = pl.when(pl.len() > 1).then(pl.lit(BOTH)).otherwise(pl.col("job").first())
    return jobs.group_by("lead_id", maintain_order=True).agg(
        several.alias("job"), effort=pl.col("cost").sum().round(2), **{"yield": pl.col("yield").sum()}
    )
