"""Penalised logistic regression around an offset: without data it is the prior ranking, with much it is its own."""

from __future__ import annotations

import numpy as np

from models.belief import Array

STEPS = 60
LONGEST = 2.0  # a Newton step moves no coefficient further
#: The general level may move a little more freely than a term.
LEVEL = 0.5


def logit(p: Array) -> Array:
    """Log odds, of chances kept off 0 and 1."""
    inside = np.clip(p, 1e-4, 1 - 1e-4)
    return np.asarray(np.log(inside / (1 - inside)), dtype=np.float64)


def expit(z: Array) -> Array:
    """The chance of log odds."""
    return np.asarray(1.0 / (1.0 + np.exp(-z)), dtype=np.float64)


def fit(x: Array, truth: Array, weight: Array, offset: Array, penalty: Array) -> Array:
    """Coefficients, the level first, that maximise the weighted likelihood less half the penalised squares."""
    a = np.column_stack([np.ones(len(x)), x])
    ridge = np.concatenate([[LEVEL], penalty])
    b = np.zeros(a.shape[1])
    for _ in range(STEPS):
        p = expit(offset + a @ b)
        gradient = a.T @ (weight * (truth - p)) - ridge * b
        step = np.linalg.solve((a.T * (weight * p * (1 - p))) @ a + np.diag(ridge), gradient)
        b = b + step * min(1.0, LONGEST / max(float(np.abs(step).max()), 1e-12))
        if np.abs(step).max() < 1e-9:
            break
    # the last digits depend on how many cores added them up
    return np.round(b, 8)
