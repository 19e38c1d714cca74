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
    """What capacity leaves to choose outright, and what is left to chance.

    `leads` has lead_id and rank, and may have rule, institution_id, effort (days) and is_ensemble; without them no rule
    or institution is bounded, a lead costs a day, and nothing is the ensemble's own. arm is 'rank' or 'ensemble'
    (probability 1), of the draw 'control'. When everybody fits everybody is chosen by rank.
    """
    ordered = _complete(leads).sort("rank")
    cost = pl.lit(1.0) if capacity.days is None else pl.col("effort")
    ordered = ordered.with_columns(cost=cost)
    room = float(capacity.top or 0) if capacity.days is None else capacity.days
    if ordered["cost"].sum() <= room:
        return Frame(_named(ordered, "rank"), ordered.head(0).select("lead_id", stratum=pl.lit(0)), (), seed)
    own, for_chance = _reserved(ordered, capacity, room)
    ranked = _ranked(ordered, capacity, room - for_chance - own)
    rest = ordered.join(ranked, on="lead_id", how="anti", maintain_order="left")
    novel = _fitting(rest.filter("is_ensemble"), own)
    rest = rest.join(novel, on="lead_id", how="anti", maintain_order="left")
    below = rest.with_columns(stratum=(pl.int_range(pl.len()) * STRATA // pl.len()).cast(pl.Int64))
    mean = float(below["cost"].mean() or 1.0) if below.height else 1.0  # type: ignore[arg-type]
    places = _allotted(below["stratum"], math.floor(for_chance / mean + 0.5))
    chosen = pl.concat([_named(ranked, "rank"), _named(novel, "ensemble")])
    return Frame(chosen, below.select("lead_id", "stratum"), places, seed)


def draw(frame: Frame) -> WorkList:
    """Draw the control arm; the same frame gives the same sample."""
    parts = frame.below.partition_by("stratum", maintain_order=True) if frame.below.height else []
    drawn = [_draw(part, n, frame.seed).select(COLUMNS) for part, n in zip(parts, frame.places, strict=True)]
    return WorkList(pl.concat([frame.chosen, *drawn]), frame.hash)


def _complete(leads: pl.DataFrame) -> pl.DataFrame:
    lacking = {
        "rule": pl.lit(None, pl.String),
        "institution_id": pl.lit(None, pl.String),
        "effort": pl.lit(1.0),
        "is_ensemble": pl.lit(False),
    }
    return leads.with_columns(*(v.alias(c) for c, v in lacking.items() if c not in leads.columns))


def _reserved(ordered: pl.DataFrame, capacity: Capacity, room: float) -> tuple[float, float]:
    """Room for what only the ensemble sees, where there is any, and for the control arm; whole places."""
    own, chance = room * capacity.ensemble, room * capacity.control
    if capacity.days is None:
        own, chance = float(round(own)), float(round(chance))
    return (own if ordered["is_ensemble"].any() else 0.0), chance


def _ranked(ordered: pl.DataFrame, capacity: Capacity, room: float) -> pl.DataFrame:
    """By rank, at most so many of one leading rule and one institution; places nobody else fills go by rank alone."""
    of_rule = max(1, math.ceil(capacity.per_rule * (room if capacity.days is None else _count(ordered, room))))
    bounded = ordered.filter((pl.int_range(pl.len()).over("rule") < of_rule) | pl.col("rule").is_null()).filter(
        (pl.int_range(pl.len()).over("institution_id") < capacity.per_institution) | pl.col("institution_id").is_null()
    )
    first = _fitting(bounded, room)
    left = ordered.join(first, on="lead_id", how="anti", maintain_order="left")
    return pl.concat([first, _fitting(left, room - float(first["cost"].sum()))])


def _count(ordered: pl.DataFrame, room: float) -> int:
    return int((ordered["cost"].cum_sum() <= room).sum())


def _fitting(ordered: pl.DataFrame, room: float) -> pl.DataFrame:
    """The first leads that fit into `room`; one too large for what is left lets the next ones pass."""
    taken = ordered.head(0)
    while True:
        ordered = ordered.filter(pl.col("cost") <= room + 1e-9)
        fits = ordered.filter(pl.col("cost").cum_sum() <= room + 1e-9)
        if not fits.height:
            return taken
        taken, room = pl.concat([taken, fits]), room - float(fits["cost"].sum())
        ordered = ordered.slice(fits.height)


def _named(leads: pl.DataFrame, arm: str) -> pl.DataFrame:
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
