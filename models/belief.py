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
#: No source is believed more than this, whatever its verdicts.
HIGHEST = 0.95
SLIP_RATE = 0.001  # hits a settlement that honest clerks make anyway
#: A tip doubles the odds that something is right, however many came; each confirmed inspection, up to two, adds half.
TIP_ODDS, HISTORY_ODDS, HISTORY_MOST = 2.0, 1.5, 2
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


def with_odds(evidence: pl.DataFrame, confirmed: pl.DataFrame | None = None) -> pl.DataFrame:
    """Add prior, ceiling, repeats and reviewed: what the certainty says, moved by the source's confirmation rate.

    `confirmed` has source and rate, and may have subject_type (a rate for each kind of subject), reviewed (verdicts
    it rests on) and prior (what the source's card promises: evidence of another certainty than the card's moves in
    proportion). A source that verdicts confirm half as often as its prior loses the ceiling in the ratio of the
    square root.
    """
    said = pl.DataFrame(
        [(name, o.prior, o.ceiling, o.repeats) for name, o in ODDS.items()],
        schema={"certainty": pl.String, "base": pl.Float64, "top": pl.Float64, "repeats": pl.Float64},
        orient="row",
    )
    joined = evidence.join(said, on="certainty", how="left", maintain_order="left")
    if confirmed is None:
        joined = joined.with_columns(rate=pl.lit(None, pl.Float64))
    else:
        keys = [c for c in ("source", "subject_type") if c in confirmed.columns]
        wanted = [*keys, "rate", *(c for c in ("reviewed",) if c in confirmed.columns)]
        promised = pl.col("prior") if "prior" in confirmed.columns else pl.lit(None, pl.Float64)
        joined = joined.join(
            confirmed.select(*wanted, promised=promised), on=keys, how="left", maintain_order="left"
        ).with_columns(
            rate=(pl.col("rate") * (pl.col("base") / pl.coalesce("promised", "base"))).clip(upper_bound=HIGHEST)
        )
    if "reviewed" not in joined.columns:
        joined = joined.with_columns(reviewed=pl.lit(0.0))
    rate = pl.coalesce("rate", "base")
    moved = (pl.col("top") * (rate / pl.col("base")).sqrt()).clip(upper_bound=0.98)
    return joined.with_columns(
        prior=rate, ceiling=pl.max_horizontal(rate, moved), reviewed=pl.col("reviewed").fill_null(0.0)
    ).drop("base", "top", "rate", "promised", strict=False)


def at_places(evidence: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """Move prior and ceiling of each source where institutions answered for it otherwise than elsewhere.

    `places` has source, subject_id, factor; it speaks of leads about the institution itself.
    """
    factors = evidence.select("source", "subject_type", "subject_id").join(
        places, on=["source", "subject_id"], how="left", maintain_order="left"
    )
    own = factors["subject_type"].is_in(["institution", "pharmacy"])
    factor = factors.select(pl.when(own).then(pl.col("factor").fill_null(1.0)).otherwise(1.0)).to_series()
    prior = (pl.col("prior") * factor).clip(upper_bound=HIGHEST)
    ceiling = (pl.col("ceiling") * factor.sqrt()).clip(upper_bound=0.98)
    return evidence.with_columns(prior=prior, ceiling=pl.max_horizontal(prior, ceiling))


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


def beside(tips: Array, history: Array) -> Array:
    """What tips about a subject and its earlier confirmed inspections add to the log odds of its lead."""
    return np.asarray(np.log(TIP_ODDS) * (tips > 0) + np.log(HISTORY_ODDS) * np.minimum(history, HISTORY_MOST))


def moved(propensity_: Array, shift: Array) -> Array:
    """The chance after `shift` is added to its log odds; where the shift is 0 it stays as it is, to the bit."""
    inside = np.clip(propensity_, 1e-9, 1 - 1e-9)
    return np.where(shift == 0, propensity_, 1.0 / (1.0 + np.exp(-(np.log(inside / (1 - inside)) + shift))))


@dataclass(frozen=True)
class Intervals:
    """5 % and 95 % rank of each lead, the chance of being in the top, and by subject type what two draws share of it.

    `shared` holds the Jaccard index of pairs of draws: how much a top list changes by chance alone.
    """

    low: np.ndarray
    high: np.ndarray
    in_top: Array
    shared: dict[str, Array]


def rank_interval(
    evidence: pl.DataFrame, leads: pl.DataFrame, objective: str, seed: int, rounds: int = 100, top: int = 50
) -> Intervals:
    """Where each lead stands when hit counts and confirmation rates are drawn again.

    Counts are Poisson around what was seen, priors Beta around their odds with the weight of ten reviewed
    leads and those that were. `evidence` is ordered like it was for `chance`; `leads` has shift, what moves the log
    odds of each beside its evidence. Ranks are within the subject type.
    """
    draw = np.random.default_rng(seed)
    lead, family = evidence["lead_id"].to_numpy(), evidence["family_code"].to_numpy()
    places, volume = evidence["places"].to_numpy().astype(float), evidence["volume"].to_numpy().astype(float)
    slip, weight = evidence["slip"].to_numpy(), evidence["weight"].to_numpy()
    source, odds = evidence["source_code"].to_numpy(), odds_of(evidence)
    sure = 10 + evidence["reviewed"].to_numpy()
    full, shift = leads["full_yield"].to_numpy(), leads["shift"].to_numpy()
    believed, gain = leads["propensity"].to_numpy(), leads["expected_yield"].cast(pl.Float64).to_numpy()
    types = leads["subject_type"].to_numpy()
    kinds = {str(k): np.flatnonzero(types == k) for k in leads["subject_type"].unique()}
    ranks = np.empty((rounds, leads.height), dtype=np.int32)
    first_row = {int(s): int(i) for s, i in zip(*np.unique(source, return_index=True), strict=True)}
    first = np.array([first_row[int(s)] for s in source], dtype=int)
    for r in range(rounds):
        priors = {s: draw.beta(sure[i] * odds[i, 0], sure[i] * (1 - odds[i, 0])) for s, i in sorted(first_row.items())}
        drawn = odds.copy()
        if len(source):
            general = np.array([priors[int(s)] for s in source])
            # one source, one surprise: its rates with other kinds of subject move in proportion
            own = odds[:, 0] == odds[first, 0]
            drawn[:, 0] = np.where(own, general, general * odds[:, 0] / odds[first, 0])
        drawn[:, 0] = np.minimum(drawn[:, 0], drawn[:, 1])
        again = chance(draw.poisson(places).astype(float), volume, slip, weight, drawn)
        p = moved(propensity(again, lead, family, leads.height), shift)
        scored = score(p, gain * p / np.maximum(believed, 1e-9), full, objective)
        for rows in kinds.values():
            ranks[r, rows[np.argsort(-scored[rows], kind="stable")]] = np.arange(1, len(rows) + 1)
    low, high = np.quantile(ranks, (0.05, 0.95), axis=0, method="nearest")
    shared = {k: _shared(ranks[:, rows], top) for k, rows in sorted(kinds.items())}
    return Intervals(low.astype(int), high.astype(int), (ranks <= top).mean(axis=0), shared)


def _shared(ranks: np.ndarray, top: int) -> Array:
    """Jaccard index of the top of each draw with that of the next."""
    inside = ranks <= top
    both = (inside[:-1] & inside[1:]).sum(axis=1)
    return np.asarray(both / np.maximum((inside[:-1] | inside[1:]).sum(axis=1), 1), dtype=np.float64)
