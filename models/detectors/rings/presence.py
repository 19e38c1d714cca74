"""Who of a group only happens to be there: each member's joint events against what their own visits bring about."""

from __future__ import annotations

import numpy as np
import polars as pl

#: Share of members kept by mistake that is borne (Benjamini-Hochberg over all members of all groups).
LEVEL = 0.01


def beyond_chance(members: pl.DataFrame) -> pl.DataFrame:
    """community and person of those whose `times` at joint events are beyond what is `expected` of them."""
    if members.is_empty():
        return members.select("community", "person")
    from scipy.stats import false_discovery_control, poisson  # slower to load than a small record to judge

    times, expected = members["times"].to_numpy(), members["expected"].to_numpy()
    tail = poisson.sf(times - 1, np.maximum(expected, 1e-9))
    kept = false_discovery_control(tail) <= LEVEL
    return members.filter(pl.Series(kept)).select("community", "person")
