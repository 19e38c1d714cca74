"""Logarithms of how likely so much or more is by chance.

scipy.stats is loaded by the first row that is asked about: it takes longer to load than a small record to judge.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.float64] | npt.NDArray[np.int64]


def poisson(least: Numbers, usual: Numbers) -> Floats:
    """Of a count of which `usual` many are expected: that it is at least `least`."""
    if not least.size:
        return np.zeros(least.shape)
    from scipy.stats import poisson as law

    return np.asarray(law.logsf(least - 1, usual))


def binomial(least: Numbers, of: Numbers, share: Numbers) -> Floats:
    """That at least `least` of so many have what each has with the chance `share`."""
    if not least.size:
        return np.zeros(least.shape)
    from scipy.stats import binom

    return np.asarray(binom.logsf(least - 1, of, share))


def student(rise: Numbers, freedom: int) -> Floats:
    """Of a mean's distance in its own standard errors: that it is more than `rise`."""
    from scipy.stats import t

    return np.asarray(t.logsf(rise, freedom))
