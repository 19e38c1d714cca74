"""The month from which a series runs higher than before, for many series at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Shifts:
    """One entry a series: place of the first month after the strongest rise, its standardised size, the means
    on both sides, and the share of shuffled orders of the months with a rise as strong."""

    place: npt.NDArray[np.int64]
    z: Floats
    before: Floats
    after: Floats
    chance: Floats


def spread(level: Floats) -> Floats:
    """Robust standard deviation of each series (row) from its month-to-month differences: a shift does not count."""
    return np.asarray(1.4826 * np.median(np.abs(np.diff(level, axis=1)), axis=1) / np.sqrt(2))


def strongest(level: Floats, least_before: int, least_after: int, floor: Floats, runs: int, seed: int) -> Shifts:
    """The strongest rise of each row of `level` (series x months, no gaps, logarithms).

    `floor` is the least standard deviation a row is given. Needs least_before + least_after months.
    """
    sd = np.maximum(spread(level), floor)
    z, before, after = _splits(level, least_before, least_after)
    z = z / sd[:, None]
    best = z.argmax(axis=1)
    rows = np.arange(len(level))
    rng = np.random.default_rng(seed)
    size = _splits(level, least_before, least_after)[0].max(axis=1)
    reached = np.ones(len(level))
    for _ in range(runs):
        drawn = rng.permuted(level, axis=1)
        reached += _splits(drawn, least_before, least_after)[0].max(axis=1) >= size - 1e-12
    return Shifts(best + least_before, z[rows, best], before[rows, best], after[rows, best], reached / (runs + 1))


def _splits(level: Floats, least_before: int, least_after: int) -> tuple[Floats, Floats, Floats]:
    """Per row and allowed split: the rise over the root of 1/before + 1/after, and both means."""
    months = level.shape[1]
    cut = np.arange(least_before, months - least_after + 1)
    total = np.cumsum(level, axis=1)
    before = total[:, cut - 1] / cut
    after = (total[:, -1:] - total[:, cut - 1]) / (months - cut)
    return (after - before) / np.sqrt(1 / cut + 1 / (months - cut)), before, after
