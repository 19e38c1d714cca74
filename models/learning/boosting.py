"""Boosted trees without interactions: a sum of one curve a term, so that what each adds can be said exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from models.belief import Array
from models.learning import logistic


@dataclass(frozen=True)
class Boosted:
    """log odds = scale x (the curves' sum at x) + level; `start` is where every curve is taken to be 0."""

    trees: Any
    start: Array
    scale: float
    level: float

    def curves(self, x: Array) -> Array:
        """What each column adds to the log odds, beyond `at_start`; leads x columns, exact for these trees."""
        base = _raw(self.trees, self.start[None, :])[0]
        curves = np.empty_like(x)
        for column in range(x.shape[1]):
            moved = np.repeat(self.start[None, :], len(x), axis=0)
            moved[:, column] = x[:, column]
            curves[:, column] = self.scale * (_raw(self.trees, moved) - base)
        return curves

    @property
    def at_start(self) -> float:
        """The log odds at `start`."""
        return self.scale * float(_raw(self.trees, self.start[None, :])[0]) + self.level


def fit(x: Array, truth: Array, weight: Array, monotone: list[bool], fold: np.ndarray, seed: int) -> Boosted:
    """Trees, calibrated on folds they have not seen; where `monotone`, more of a column never means less.

    A truth of one half counts as half a lead of either kind.
    """
    raw = np.zeros(len(x))
    for f in np.unique(fold):
        inside = fold == f
        if inside.all() or len(np.unique(truth[~inside] > 0)) < 2:
            continue
        raw[inside] = _raw(_trees(x[~inside], truth[~inside], weight[~inside], monotone, seed), x[inside])
    level, scale = logistic.fit(raw[:, None], truth, weight, np.zeros(len(x)), np.array([0.1]))
    trees = _trees(x, truth, weight, monotone, seed)
    return Boosted(trees, np.median(x, axis=0), max(0.1, float(scale)), float(level))


def _trees(x: Array, truth: Array, weight: Array, monotone: list[bool], seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    rows = np.concatenate([x, x])
    label = np.repeat([1, 0], len(x))
    share = np.concatenate([weight * truth, weight * (1 - truth)])
    kept = share > 0
    model = HistGradientBoostingClassifier(
        max_iter=100,
        learning_rate=0.06,
        max_leaf_nodes=5,
        min_samples_leaf=10,
        l2_regularization=5.0,
        monotonic_cst=[int(m) for m in monotone],
        interaction_cst="no_interactions",
        early_stopping=False,
        random_state=seed,
    )
    with threadpool_limits(1):  # sums in one order, whatever the machine
        return model.fit(rows[kept], label[kept], sample_weight=share[kept])


def _raw(trees: Any, x: Array) -> Array:
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return np.asarray(trees.decision_function(x), dtype=np.float64)
