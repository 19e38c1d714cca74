"""Champion and challenger on verdicts neither has seen: later rounds, and owners that were not learned from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from models.belief import Array, moved
from models.learning import design, models
from models.learning.examples import Examples

FEWEST_TO_LEARN = 30  # verdicts before a held-out round is worth a model
SMALLEST_TYPE = 8  # judged leads of a kind of subject that say something of its order
RESAMPLES = 400
#: A challenger goes live when it gains at least this much, and 90 % of the resamples say that it gains at all.
MARGIN = 0.01
DOUBT = 0.10

Rates = Callable[[Sequence[str]], pl.DataFrame]


@dataclass(frozen=True)
class Contest:
    """How one challenger did on the held-out verdicts."""

    name: str
    held_out: int
    learned_ap: float
    prior_ap: float
    gain_low: float  # of the difference, 10 % of the resamples lie below

    @property
    def is_won(self) -> bool:
        """Whether the challenger is better beyond the margin and beyond doubt."""
        return self.learned_ap - self.prior_ap >= MARGIN and self.gain_low > 0


def run(examples: Examples, rates: Rates, names: Sequence[str], seed: int) -> list[Contest]:
    """One contest a challenger; none where no later round can be held out.

    `rates` gives the confirmation rates learned from some verdicts (by key). Every verdict from the second round on is
    predicted by the prior ranking and by models that saw earlier rounds only, without the owners of its own fold.
    """
    held, prior, learned = _predicted(examples, rates, names, seed)
    if not held.any():
        return []
    tried = examples.pick(held)
    contests = []
    for name in names:
        order = np.column_stack([prior[held], learned[name][held]])
        measured = _compared(tried, order, seed)
        if measured is not None:
            contests.append(Contest(name, int(held.sum()), *measured))
    return contests


def _predicted(
    examples: Examples, rates: Rates, names: Sequence[str], seed: int
) -> tuple[np.ndarray, Array, dict[str, Array]]:
    n = len(examples.round)
    held: np.ndarray = np.zeros(n, dtype=bool)
    prior: Array = np.zeros(n)
    learned: dict[str, Array] = {name: np.zeros(n) for name in names}
    for r in range(1, int(examples.round.max(initial=0)) + 1):
        for f in np.unique(examples.fold[examples.round == r]):
            test = (examples.round == r) & (examples.fold == f)
            train = (examples.round < r) & (examples.fold != f)
            taught, asked = examples.pick(train), examples.pick(test)
            if train.sum() < FEWEST_TO_LEARN or min(taught.counts) < 5:
                continue
            prior_rates = rates(taught.leads["key"].to_list())
            held |= test
            prior[test] = design.propensity(asked.leads, asked.evidence, prior_rates)
            before = design.propensity(taught.leads, taught.evidence, prior_rates)
            for name in names:
                model = models.fit(name, taught, before, seed)
                shift = model.shift(asked.leads, asked.evidence, prior[test])
                learned[name][test] = moved(prior[test], shift)
    return held, prior, learned


def _compared(tried: Examples, order: Array, seed: int) -> tuple[float, float, float] | None:
    """Average precision of the challenger and of the prior, and the low end of the gain over resampled owners."""
    truth = (tried.truth > 0).astype(float)
    types = tried.leads["subject_type"].to_numpy()
    kinds = [k for k in np.unique(types) if _says_something(truth[types == k])]
    if not kinds:
        return None
    owners, owner = np.unique(tried.leads["owner"].to_numpy().astype(str), return_inverse=True)
    draw = np.random.default_rng(seed)
    times = draw.multinomial(len(owners), np.full(len(owners), 1 / len(owners)), RESAMPLES).astype(float)
    weights = np.concatenate([np.ones((1, len(truth))), times[:, owner]]) * tried.weight
    amount = tried.leads["amount"].to_numpy()
    total, ap = np.zeros(len(weights)), np.zeros((len(weights), 2))
    for kind in kinds:
        rows = np.flatnonzero(types == kind)
        size = weights[:, rows].sum(axis=1)
        total += size
        for column in range(2):
            best = rows[np.lexsort((-amount[rows], -order[rows, column]))]
            ap[:, column] += size * average_precision(truth[best], weights[:, best])
    ap = ap / np.maximum(total, 1e-9)[:, None]
    gain = ap[1:, 1] - ap[1:, 0]
    return float(round(ap[0, 1], 4)), float(round(ap[0, 0], 4)), float(round(np.quantile(gain, DOUBT), 4))


def _says_something(truth: Array) -> bool:
    return len(truth) >= SMALLEST_TYPE and 0 < truth.sum() < len(truth)


def average_precision(truth: Array, weights: Array) -> Array:
    """Of one order, best first, under each row of weights; 0 where nothing true has weight.

    scikit-learn's takes one set of weights at a time, and the resampled owners are hundreds.
    """
    hit = weights * truth
    precision = np.cumsum(hit, axis=1) / np.maximum(np.cumsum(weights, axis=1), 1e-12)
    return np.asarray((hit * precision).sum(axis=1) / np.maximum(hit.sum(axis=1), 1e-12), dtype=np.float64)
