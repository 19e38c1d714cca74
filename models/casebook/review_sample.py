"""A probability sample of stays for record review (病历评审): strata, how many of each, and the draw itself.

Within a stratum every stay has the same chance, drawn by the lottery that anybody can repeat from frame and seed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from math import floor

import polars as pl

from models.casebook import lottery

#: What stays are grouped by, the finest first: the first whose strata the places can fill is taken.
GROUPINGS = (("payment", "finding", "size"), ("finding", "size"), ("size",), ())
#: A stratum of fewer stays joins the other small ones of its institution.
SMALL = 4
#: Fewer than two say nothing of how stays of a stratum differ.
LEAST = 2
#: Places a stratum should have when the grouping is chosen: with fewer its spread is too poorly known for the interval.
EACH = 8
ALLOCATIONS = ("neyman", "proportional")
Key = tuple[str, str]


def stratified(stays: pl.DataFrame, places: int) -> pl.DataFrame:
    """The stays (institution_id, encounter_id, payment, finding, size, amount) with `stratum`.

    An institution's strata are the finest that its places can fill with EACH stays on average.
    """
    return pl.concat([_grouped(part, places) for part in stays.partition_by("institution_id", maintain_order=True)])


def allocated(frame: pl.DataFrame, places: int, allocation: str = "neyman") -> pl.DataFrame:
    """One row a stratum: institution_id, stratum, stays, amount, drawn.

    `proportional` by the number of stays, `neyman` also by how much their bills differ. Two stays at least, where
    there are two; never more than there are.
    """
    strata = (
        frame.group_by("institution_id", "stratum")
        .agg(
            stays=pl.len().cast(pl.Int64),
            amount=pl.col("amount").sum(),
            spread=pl.col("amount").cast(pl.Float64).std().fill_null(0.0),
        )
        .sort("institution_id", "stratum")
    )
    drawn: list[int] = []
    for part in strata.partition_by("institution_id", maintain_order=True):
        counts = part["stays"].to_list()
        weights = [n * s for n, s in zip(counts, part["spread"], strict=True)] if allocation == "neyman" else counts
        drawn += shares(counts, weights if sum(weights) > 0 else counts, places)
    return strata.drop("spread").with_columns(drawn=pl.Series(drawn, dtype=pl.Int64))


def shares(stays: Sequence[int], weights: Sequence[float], places: int) -> list[int]:
    """How many of each stratum, as near to the weights as the bounds allow; sums to the places or to all stays."""
    places = min(places, sum(stays))
    got = [min(LEAST, n) for n in stays]
    while sum(got) > places:  # more strata than the places can fill twice: the largest give up theirs first
        got[max(range(len(got)), key=lambda i: (got[i], stays[i]))] -= 1
    while (left := places - sum(got)) > 0:
        open_ = [i for i, n in enumerate(stays) if got[i] < n]
        total = sum(weights[i] for i in open_) or 1.0
        wanted = {i: places * weights[i] / total - got[i] for i in open_}
        grown = {i: min(stays[i] - got[i], max(0, floor(wanted[i]))) for i in open_}
        if sum(grown.values()) == 0 or sum(grown.values()) > left:
            first = max(open_, key=lambda i: (wanted[i], stays[i], -i))
            got[first] += 1
            continue
        for i, more in grown.items():
            got[i] += more
    return got


def frame_hash(frame: pl.DataFrame, strata: pl.DataFrame) -> str:
    """SHA-256 of the stays, their strata and how many are drawn of each: all that decides the draw but the seed."""
    stays = frame.select("institution_id", "stratum", "encounter_id", pl.col("amount").cast(pl.String)).sort(
        "institution_id", "encounter_id"
    )
    lines = ["|".join(row) for row in stays.iter_rows()]
    lines += [f"{i}|{s}|{n}" for i, s, n in strata.select("institution_id", "stratum", "drawn").iter_rows()]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def drawn(frame: pl.DataFrame, strata: pl.DataFrame, seed: int) -> pl.DataFrame:
    """The stays drawn with `probability`, by institution and stratum in the order in which they were hit."""
    wanted: Mapping[Key, int] = {
        (i, s): n for i, s, n in strata.select("institution_id", "stratum", "drawn").iter_rows()
    }
    hit = []
    for part in frame.sort("institution_id", "stratum", "encounter_id").partition_by(
        "institution_id", "stratum", maintain_order=True
    ):
        key = (str(part["institution_id"][0]), str(part["stratum"][0]))
        units = part.select(pl.col("encounter_id").alias("unit"), weight=pl.lit(lottery.SCALE, pl.Int64))
        hit.append(lottery.drawn(units, wanted[key], seed).select(encounter_id="unit", probability="probability"))
    return pl.concat(hit).join(frame, on="encounter_id", how="left", maintain_order="left")


def _grouped(stays: pl.DataFrame, places: int) -> pl.DataFrame:
    for names in GROUPINGS:
        label = pl.concat_str([pl.col(n) for n in names], separator="|") if names else pl.lit("all")
        stratum = pl.when(pl.len().over("label") < SMALL).then(pl.lit("small")).otherwise(pl.col("label"))
        made = stays.with_columns(label=label).with_columns(stratum=stratum).drop("label")
        if made["stratum"].n_unique() * EACH <= places or not names:
            return made
    raise AssertionError("the last grouping is none")
