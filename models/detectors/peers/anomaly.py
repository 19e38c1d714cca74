"""How unusual a row of oriented peer distances is: three opinions, averaged. Zero is no evidence, high is bad."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

CLIP = 5.0  # no opinion counts for more than five deviations
COLLINEAR = 0.98
NEIGHBOURS = 5
SAMPLE = 5000  # reference rows that neighbours are sought among
REFERENCE = 50_000  # rows that opinions are standardised on: the tails of more cost time and move nothing


def usable(z: Floats) -> npt.NDArray[np.int64]:
    """The columns worth reading: neither constant nor nearly the copy of an earlier one."""
    kept: list[int] = []
    for j in np.flatnonzero(z.std(axis=0) > 1e-9):
        if all(abs(np.corrcoef(z[:, j], z[:, i])[0, 1]) <= COLLINEAR for i in kept):
            kept.append(int(j))
    return np.array(kept, dtype=np.int64)


def reference_of(z: Floats) -> Floats:
    """The rows to score against: all, or of many a sample, the same one every time."""
    if len(z) <= REFERENCE:
        return z
    return z[np.sort(np.random.default_rng(0).choice(len(z), REFERENCE, replace=False))]


def tails(z: Floats, reference: Floats) -> Floats:
    """-log of the share of the reference rows that reach each value (mid-rank); 0 where the value is 0."""
    rows = len(reference)
    found = np.zeros(z.shape)
    for j in range(z.shape[1]):
        ordered = np.sort(reference[:, j])
        below = np.searchsorted(ordered, z[:, j], "left") + np.searchsorted(ordered, z[:, j], "right")
        found[:, j] = -np.log((rows - below / 2 + 0.5) / (rows + 1))
    return np.where(z > 0, found, 0.0)


def score(z: Floats, reference: Floats, trees: int, seeds: int) -> Floats:
    """One number a row: the mean of three opinions, each standardised on the reference and clipped.

    Both arrays are clipped peer distances with the same usable columns. A row's score depends on that row and
    on the reference alone. Raises FloatingPointError if an opinion is not finite.
    """
    opinions = (_forest(reference, trees, seeds), _neighbours(reference), lambda x: tails(x, reference).sum(axis=1))
    total = np.zeros(len(z))
    for opinion in opinions:
        usual = opinion(reference)
        own = usual if z is reference else opinion(z)
        if not (np.isfinite(usual).all() and np.isfinite(own).all()):
            raise FloatingPointError("an anomaly score is not finite")
        spread = max(float(usual.std()), 1e-9)
        total += np.clip((own - usual.mean()) / spread, -CLIP, CLIP)
    return np.asarray((total / len(opinions)).round(6))


def _forest(reference: Floats, trees: int, seeds: int) -> Callable[[Floats], Floats]:
    """scikit-learn's own forests: PyOD's scores are theirs less an offset, which standardising takes away again, and
    finding that offset costs two more looks at every row."""
    from sklearn.ensemble import IsolationForest  # slower to load than a small record to judge

    forests = [IsolationForest(n_estimators=trees, random_state=seed).fit(reference) for seed in range(seeds)]
    return lambda x: -np.mean([f.score_samples(x) for f in forests], axis=0)


def _neighbours(reference: Floats) -> Callable[[Floats], Floats]:
    """Mean distance to the nearest reference rows. One reference row equal to it in all is taken for itself."""
    from sklearn.neighbors import NearestNeighbors

    rows = len(reference)
    picked = np.random.default_rng(0).choice(rows, min(rows, SAMPLE), replace=False)
    near = min(NEIGHBOURS, len(picked) - 1)
    index = NearestNeighbors(n_neighbors=near + 1, algorithm="brute").fit(reference[np.sort(picked)])

    def distance(x: Floats) -> Floats:
        found = index.kneighbors(x)[0]
        own = found[:, :1] < 1e-6
        return np.asarray(np.where(own, found[:, 1:], found[:, :-1]).mean(axis=1))

    return distance
