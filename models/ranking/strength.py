"""From counts to chances: how likely a source is right about a subject, and how sure the order is.

A source starts at the prior confirmation rate of its certainty (10 % is what a bureau's rule system
reaches) and rises towards a ceiling as its hits repeat beyond what slips alone bring to a subject of that
volume. Families of evidence are independent, sources inside one family are not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

#: Yuan of expected yield at which the money side of a score is full, by subject type.
FULL_YIELD = {"institution": 1e6, "pharmacy": 3e5, "practitioner": 3e5, "person": 5e4, "group": 3e5}


@dataclass(frozen=True)
class Odds:
    """How sources of one certainty are believed: first hit, many hits, and how many make many."""

    prior: float
    ceiling: float
    repeats: float


ODDS = {"definite": Odds(0.30, 0.95, 4.0), "suspected": Odds(0.10, 0.80, 5.0)}
SLIP_RATE = 0.001  # hits a settlement that honest clerks make anyway
OBJECTIVES = ("hit_rate", "money", "both")


def slip_rates(evidence: pl.DataFrame, subjects: pl.DataFrame) -> pl.DataFrame:
    """Hits a settlement that are usual for a source among subjects of a type: the median over all of them.

    `evidence` has source, subject_type, places, volume; `subjects` has subject_type, n: how many subjects
    of the type do business at all. Columns: source, subject_type, slip.
    """
    rated = evidence.filter(pl.col("volume") > 0).with_columns(rate=pl.col("places") / pl.col("volume"))
    return (
        rated.group_by("source", "subject_type")
        .agg(rates=pl.col("rate").sort(descending=True))
        .join(subjects, on="subject_type")
        .with_columns(
            # subjects without a hit have rate 0: the median is the value at half of all of them
            slip=pl.col("rates").list.get(pl.col("n") // 2, null_on_oob=True).fill_null(0.0).clip(SLIP_RATE, 0.5)
        )
        .select("source", "subject_type", "slip")
    )


def chance(places: Array, volume: Array, slip: Array, weight: Array, odds: Array) -> Array:
    """Chance that a source is right about a subject; `odds` has columns prior, ceiling, repeats."""
    prior, ceiling, repeats = odds.T
    expected = volume * slip
    # half as much again and two standard deviations: what is usual may differ from place to place
    beyond = places - 1.5 * expected - 2.0 * np.sqrt(expected)
    repeated = 1.0 - np.exp(-np.maximum(0.0, beyond - 1.0) / repeats)
    believed = np.where(beyond > 0, prior + (ceiling - prior) * repeated, prior / 3.0)
    return np.asarray(weight * believed, dtype=np.float64)


def with_odds(evidence: pl.DataFrame, confirmed: pl.DataFrame) -> pl.DataFrame:
    """Add prior, ceiling and repeats: what the certainty says, moved by the source's confirmation rate.

    A source that verdicts confirm half as often as its prior loses the ceiling in the ratio of the square root.
    """
    said = pl.DataFrame(
        [(name, o.prior, o.ceiling, o.repeats) for name, o in ODDS.items()],
        schema={"certainty": pl.String, "base": pl.Float64, "top": pl.Float64, "repeats": pl.Float64},
        orient="row",
    )
    joined = evidence.join(said, on="certainty", how="left", maintain_order="left").join(
        confirmed.select("source", "rate"), on="source", how="left", maintain_order="left"
    )
    rate = pl.coalesce("rate", "base")
    moved = (pl.col("top") * (rate / pl.col("base")).sqrt()).clip(upper_bound=0.98)
    return joined.with_columns(prior=rate, ceiling=pl.max_horizontal(rate, moved)).drop("base", "top", "rate")


def odds_of(evidence: pl.DataFrame) -> Array:
    """One row of (prior, ceiling, repeats) for each row of the evidence."""
    return evidence.select("prior", "ceiling", "repeats").to_numpy()


def propensity(chances: Array, lead: np.ndarray, family: np.ndarray, leads: int) -> Array:
    """Chance that at least one family is right, for each of `leads` leads; rows are lead x source."""
    families = int(family.max()) + 1 if len(family) else 1
    best = np.zeros(leads * families)
    np.maximum.at(best, lead * families + family, chances)
    return np.asarray(1.0 - np.prod(1.0 - best.reshape(leads, families), axis=1))


def score(propensity_: Array, yield_: Array, full: Array, objective: str) -> Array:
    """0 to 100: the chance of being right, the yuan it brings (on a log scale up to `full`), or both."""
    money = np.minimum(1.0, np.log1p(np.maximum(0.0, yield_)) / np.log1p(full))
    if objective == "hit_rate":
        return 100.0 * propensity_
    if objective == "money":
        return 100.0 * money
    return np.asarray(100.0 * np.sqrt(propensity_ * money))


def rank_interval(
    evidence: pl.DataFrame, leads: pl.DataFrame, objective: str, seed: int, rounds: int = 100
) -> tuple[np.ndarray, np.ndarray]:
    """5 % and 95 % rank of each lead when hit counts and confirmation rates are drawn again.

    Counts are Poisson around what was seen, priors Beta around their odds with the weight of ten reviewed
    leads. `evidence` is ordered like it was for `chance`; ranks are within the subject type.
    """
    draw = np.random.default_rng(seed)
    lead, family = evidence["lead_id"].to_numpy(), evidence["family_code"].to_numpy()
    places, volume = evidence["places"].to_numpy().astype(float), evidence["volume"].to_numpy().astype(float)
    slip, weight = evidence["slip"].to_numpy(), evidence["weight"].to_numpy()
    source, odds = evidence["source_code"].to_numpy(), odds_of(evidence)
    full = leads["full_yield"].to_numpy()
    believed, gain = leads["propensity"].to_numpy(), leads["expected_yield"].cast(pl.Float64).to_numpy()
    kinds = [np.flatnonzero(leads["subject_type"].to_numpy() == k) for k in leads["subject_type"].unique()]
    ranks = np.empty((rounds, leads.height), dtype=np.int32)
    first_row = {int(s): int(i) for s, i in zip(*np.unique(source, return_index=True), strict=True)}
    for r in range(rounds):
        priors = {s: draw.beta(10 * odds[i, 0], 10 * (1 - odds[i, 0])) for s, i in sorted(first_row.items())}
        drawn = odds.copy()
        drawn[:, 0] = np.array([priors[int(s)] for s in source]) if len(source) else drawn[:, 0]
        drawn[:, 0] = np.minimum(drawn[:, 0], drawn[:, 1])
        again = chance(draw.poisson(places).astype(float), volume, slip, weight, drawn)
        p = propensity(again, lead, family, leads.height)
        scored = score(p, gain * p / np.maximum(believed, 1e-9), full, objective)
        for rows in kinds:
            ranks[r, rows[np.argsort(-scored[rows], kind="stable")]] = np.arange(1, len(rows) + 1)
    low, high = np.quantile(ranks, (0.05, 0.95), axis=0, method="nearest")
    return low.astype(int), high.astype(int)
