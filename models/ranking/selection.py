"""A round's work list: most places by rank, some for what only the ensemble sees, a share drawn at random.

The random share lets precision be estimated honestly: it is drawn from the leads that were not chosen, in strata of the
score, with a published seed; each lead's probability of being chosen is recorded. The frame (which leads, in which
strata, how many of each) is hashed, and can be published, before the draw.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

import numpy as np
import polars as pl

from models.ranking.capacity import Capacity

STRATA = 3
COLUMNS = ["lead_id", "arm", "probability", "stratum"]


@dataclass(frozen=True)
class Frame:
    """What is settled before the draw: the leads chosen outright, those drawn from, and how many of each stratum."""

    chosen: pl.DataFrame  # lead_id, arm, probability, stratum
    below: pl.DataFrame  # lead_id, stratum
    places: tuple[int, ...]  # of each stratum
    seed: int

    @property
    def hash(self) -> str:
        """Of the seed, the places, and every lead with its stratum."""
        said = "\n".join(f"{lead} {stratum}" for lead, stratum in self.below.iter_rows())
        return hashlib.sha256(f"{self.seed}\n{self.places}\n{said}".encode()).hexdigest()


@dataclass(frozen=True)
class WorkList:
    """Chosen leads (lead_id, arm, probability, stratum), and the hash of the frame they were drawn from."""

    leads: pl.DataFrame
    frame_hash: str


def choose(leads: pl.DataFrame, capacity: Capacity, seed: int) -> WorkList:
    """The work list of one list's leads; see `frame_of`."""
    return draw(frame_of(leads, capacity, seed))


def frame_of(leads: pl.DataFrame, capacity: Capacity, seed: int) -> Frame:
    """What the places of `capacity.top` leave to choose outright, and what is left to chance.

    `leads` has lead_id and rank, and may have rule, institution_id and is_ensemble; without them no rule or institution
    is bounded, and nothing is the ensemble's own. arm is 'rank' or 'ensemble' (probability 1), of the draw 'control'.
    When everybody fits everybody is chosen by rank; places that a share cannot use go by rank.
    """
    ordered = _complete(leads).sort("rank").with_columns(cost=pl.lit(1.0))
    room = int(capacity.top or 0)
    if ordered.height <= room:
        return settled(named(ordered, "rank"), ordered.head(0), 0, seed)
    own = round(room * capacity.ensemble) if ordered["is_ensemble"].any() else 0
    for_chance = round(room * capacity.control)
    ranked = _ranked(ordered, capacity, room - for_chance - own)
    rest = ordered.join(ranked, on="lead_id", how="anti", maintain_order="left")
    novel = fitting(rest.filter("is_ensemble"), own)
    rest = rest.join(novel, on="lead_id", how="anti", maintain_order="left")
    ranked = pl.concat([ranked, rest.head(own - novel.height)])
    rest = rest.slice(own - novel.height)
    return settled(pl.concat([named(ranked, "rank"), named(novel, "ensemble")]), rest, for_chance, seed)


def settled(chosen: pl.DataFrame, rest: pl.DataFrame, places: int, seed: int) -> Frame:
    """The frame of `places` drawn from `rest`, best first, in strata of its order; no more strata than places."""
    strata = max(1, min(STRATA, places))
    below = rest.select("lead_id", stratum=(pl.int_range(pl.len()) * strata // pl.len()).cast(pl.Int64))
    return Frame(chosen, below, _allotted(below["stratum"], places), seed)


def draw(frame: Frame) -> WorkList:
    """Draw the control arm; the same frame gives the same sample."""
    parts = frame.below.partition_by("stratum", maintain_order=True) if frame.below.height else []
    drawn = [_draw(part, n, frame.seed).select(COLUMNS) for part, n in zip(parts, frame.places, strict=True)]
    return WorkList(pl.concat([frame.chosen, *drawn]), frame.hash)


def _complete(leads: pl.DataFrame) -> pl.DataFrame:
    lacking = {
        "rule": pl.lit(None, pl.String),
        "institution_id": pl.lit(None, pl.String),
        "is_ensemble": pl.lit(False),
    }
    return leads.with_columns(*(v.alias(c) for c, v in lacking.items() if c not in leads.columns))


def _ranked(ordered: pl.DataFrame, capacity: Capacity, places: int) -> pl.DataFrame:
    """By rank, at most so many of one leading rule and one institution; places nobody else fills go by rank alone."""
    of_rule = max(1, math.ceil(capacity.per_rule * places))
    first = bounded(ordered, of_rule, capacity.per_institution).head(places)
    left = ordered.join(first, on="lead_id", how="anti", maintain_order="left")
    return pl.concat([first, left.head(places - first.height)])


def bounded(ordered: pl.DataFrame, of_rule: int, of_institution: int) -> pl.DataFrame:
    """The first so many leads of each leading rule, and of those of each institution."""
    return ordered.filter((pl.int_range(pl.len()).over("rule") < of_rule) | pl.col("rule").is_null()).filter(
        (pl.int_range(pl.len()).over("institution_id") < of_institution) | pl.col("institution_id").is_null()
    )


def fitting(ordered: pl.DataFrame, room: float) -> pl.DataFrame:
    """The first rows whose `cost` fits into `room`; one too large for what is left lets the next ones pass."""
    taken = ordered.head(0)
    while True:
        ordered = ordered.filter(pl.col("cost") <= room + 1e-9)
        fits = ordered.filter(pl.col("cost").cum_sum() <= room + 1e-9)
        if not fits.height:
            return taken
        taken, room = pl.concat([taken, fits]), room - float(fits["cost"].sum())
        ordered = ordered.slice(fits.height)


def named(leads: pl.DataFrame, arm: str) -> pl.DataFrame:
    """The leads as chosen outright for this arm."""
    none = pl.lit(None, dtype=pl.Int64)
    return leads.select("lead_id", arm=pl.lit(arm), probability=pl.lit(1.0), stratum=none)


def _allotted(strata: pl.Series, places: int) -> tuple[int, ...]:
    """Places spread over the strata as evenly as their sizes allow, the upper strata first."""
    sizes = strata.value_counts().sort("stratum")["count"].to_list()
    given = [0] * len(sizes)
    while sum(given) < min(places, sum(sizes)):
        open_ = [i for i, size in enumerate(sizes) if given[i] < size]
        given[min(open_, key=lambda i: given[i])] += 1
    return tuple(given)


def _draw(part: pl.DataFrame, places: int, seed: int) -> pl.DataFrame:
    """A simple random sample without replacement; the same frame and seed give the same sample."""
    digest = hashlib.sha256(f"{seed} {part['stratum'][0]} {part.height}".encode()).digest()
    chance = np.random.default_rng(int.from_bytes(digest[:8], "big"))
    rows = np.sort(chance.choice(part.height, size=places, replace=False))
    return part[rows].with_columns(arm=pl.lit("control"), probability=pl.lit(places / part.height))
