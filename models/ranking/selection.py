"""A round's work list: most places by rank, a share drawn at random so that precision can be estimated honestly.

The draw is from the leads below the ranked places, in strata of the score, with a published seed; each lead's
probability of being chosen is recorded. The frame (which leads, in which strata) is hashed before the draw.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import polars as pl

STRATA = 3


@dataclass(frozen=True)
class Shares:
    """Shares of a work list's places that are not given by rank."""

    control: float = 0.2


@dataclass(frozen=True)
class WorkList:
    """Chosen leads (lead_id, arm, probability, stratum), and the hash of the frame they were drawn from."""

    leads: pl.DataFrame
    frame_hash: str


def choose(leads: pl.DataFrame, top: int, seed: int, shares: Shares | None = None) -> WorkList:
    """Fill `top` places from one subject type's leads (lead_id, rank, score).

    arm is 'rank' (probability 1) or 'control'. With fewer leads than places everybody is chosen by rank.
    """
    ordered = leads.sort("rank").select("lead_id", "rank", "score")
    control = round(top * (shares or Shares()).control) if ordered.height > top else 0
    by_rank = ordered.head(top - control).with_columns(
        arm=pl.lit("rank"), probability=pl.lit(1.0), stratum=pl.lit(None, dtype=pl.Int64)
    )
    below = ordered.slice(top - control).with_columns(
        stratum=(pl.int_range(pl.len()) * STRATA // pl.len()).cast(pl.Int64)
    )
    said = "\n".join(f"{lead} {stratum}" for lead, stratum in below.select("lead_id", "stratum").iter_rows())
    frame_hash = hashlib.sha256(f"{seed}\n{said}".encode()).hexdigest()
    drawn = [_draw(part, n, seed) for part, n in _allotted(below, control)]
    columns = ["lead_id", "arm", "probability", "stratum"]
    return WorkList(pl.concat([by_rank.select(columns), *(d.select(columns) for d in drawn)]), frame_hash)


def _allotted(below: pl.DataFrame, places: int) -> list[tuple[pl.DataFrame, int]]:
    """Places spread over the strata as evenly as their sizes allow, the upper strata first."""
    parts = below.partition_by("stratum", maintain_order=True)
    given = [0] * len(parts)
    while sum(given) < min(places, below.height):
        open_ = [i for i, part in enumerate(parts) if given[i] < part.height]
        given[min(open_, key=lambda i: given[i])] += 1
    return list(zip(parts, given, strict=True))


def _draw(part: pl.DataFrame, places: int, seed: int) -> pl.DataFrame:
    """A simple random sample without replacement; the same frame and seed give the same sample."""
    digest = hashlib.sha256(f"{seed} {part['stratum'][0]} {part.height}".encode()).digest()
    draw = np.random.default_rng(int.from_bytes(digest[:8], "big"))
    rows = np.sort(draw.choice(part.height, size=places, replace=False))
    return part[rows].with_columns(arm=pl.lit("control"), probability=pl.lit(places / part.height))
