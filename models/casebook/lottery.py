"""A weighted draw that anybody can repeat from the frame and the seed: fixed-size sampling with unequal probabilities.

Systematic sampling in random order (Madow): the units stand in the order of SHA-256 of `seed|unit`, each as long as its
weight; a start is taken from SHA-256 of `seed|start`, and from there on every step of equal length hits one unit. A
unit's chance is exactly places x weight / sum of weights; one whose chance would exceed 1 is taken for sure, and the
rest is drawn among the others. Whole numbers only, so no rounding lets a machine differ.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import polars as pl

#: Weights are kept to two places.
SCALE = 100


def frame_hash(units: pl.DataFrame, places: int, team: int, inspectors: pl.DataFrame) -> str:
    """SHA-256 of whom is drawn from and who is assigned: units (unit, weight), inspectors (inspector, avoids)."""
    lines = [f"places {places}", f"team {team}"]
    lines += [f"{unit}|{weight}" for unit, weight in units.select("unit", "weight").sort("unit").iter_rows()]
    lines += [
        f"{who}|{avoids}" for who, avoids in inspectors.select("inspector", "avoids").sort("inspector").iter_rows()
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def chances(units: pl.DataFrame, places: int) -> pl.DataFrame:
    """The units (unit, weight as whole number) with `probability`; those taken for sure have 1."""
    sure = units.head(0)
    rest = units
    while rest.height:
        left = places - sure.height
        total = rest["weight"].sum()
        certain = rest.filter(pl.col("weight") * left >= total)
        if not certain.height or left <= 0:
            break
        sure, rest = pl.concat([sure, certain]), rest.join(certain, on="unit", how="anti", maintain_order="left")
    left, total = max(0, places - sure.height), max(1, rest["weight"].sum())
    return pl.concat(
        [
            sure.with_columns(probability=pl.lit(1.0)),
            rest.with_columns(probability=pl.col("weight").cast(pl.Float64) * left / total),
        ]
    )


def drawn(units: pl.DataFrame, places: int, seed: int) -> pl.DataFrame:
    """The units drawn, with `probability`, in the order in which they were hit; those for sure come first by name."""
    every = chances(units, min(places, units.height))
    sure = every.filter(pl.col("probability") >= 1.0).sort("unit")
    rest = every.filter(pl.col("probability") < 1.0)
    left = min(places, units.height) - sure.height
    if not rest.height or left <= 0:
        return sure
    keys = pl.Series("key", [_digest(seed, unit) for unit in rest["unit"]], dtype=pl.String)
    ordered = rest.with_columns(keys).sort("key")
    total = int(ordered["weight"].sum())
    start = int(_digest(seed, "start"), 16) % total
    ends = pl.col("weight").cum_sum() * left
    hits = (ends - start - 1 + total) // total
    hit = ordered.with_columns(hits=hits).filter(pl.col("hits") > pl.col("hits").shift(1).fill_null(0))
    return pl.concat([sure, hit.drop("key", "hits")])


def teams(
    places: Sequence[str], inspectors: Mapping[str, frozenset[str]], size: int, seed: int
) -> dict[str, list[str]]:
    """Place -> who goes there: of those without a conflict the least called on so far, ties by SHA-256.

    `inspectors`: name -> the places to stay away from. A team is smaller where conflicts leave too few.
    """
    calls = dict.fromkeys(inspectors, 0)
    chosen: dict[str, list[str]] = {}
    for place in places:
        free = [who for who, avoids in inspectors.items() if place not in avoids]
        free.sort(key=lambda who: (calls[who], _digest(seed, f"{place}|{who}")))
        chosen[place] = free[:size]
        for who in chosen[place]:
            calls[who] += 1
    return chosen


def _digest(seed: int, text: str) -> str:
    return hashlib.sha256(f"{seed}|{text}".encode()).hexdigest()
