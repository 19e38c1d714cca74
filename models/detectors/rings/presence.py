"""Who of a group only happens to be there: each member's joint events against what their own visits bring about."""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy.stats import poisson

#: Share of members kept by mistake that is borne (Benjamini-Hochberg over all members of all groups).
LEVEL = 0.01


def beyond_chance(members: pl.DataFrame) -> pl.DataFrame:
    """community and person of those whose `times` at joint events are beyond what is `expected` of them."""
    times, expected = members["times"].to_numpy(), members["expected"].to_numpy()
    tail = poisson.sf(times - 1, np.maximum(expected, 1e-9))
    order = np.argsort(tail, kind="stable")
    passed = np.flatnonzero(tail[order] <= LEVEL * np.arange(1, len(tail) + 1) / max(len(tail), 1))
    kept = np.zeros(len(tail), dtype=np.bool_)
    kept[order[: passed[-1] + 1] if len(passed) else []] = True
    return members.filter(pl.Series(kept)).select("community", "person")
