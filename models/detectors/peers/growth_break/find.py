"""Whose monthly money steps up from one month on, where the peers' does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from models.detectors.peers import shift
from models.sources.work import Work

LEAST_PEERS = 5
#: Months that hardly differ say little about how much they may: a series varies by a twentieth at least.
LEAST_SPREAD = 0.05
#: Units of z that make up half the distance to certainty. Months depend on one another, so a z of months says less
#: than one of persons or bills, for which two units do.
HALVING = 3.0


def find(work: Work) -> None:
    """At most one hit an institution: the strongest step. Units are institutions."""
    months, silent, alone = _levels(work.frame("months"), work.params)
    stepped = _steps(months, work.params) if months.height else months
    if stepped.height:
        with work.lend(stepped_up=stepped):
            work.run("judged")
    clear = months["institution_id"].n_unique() - stepped.height
    work.count(clear, {"too few months or settlements": silent, "too few peers": alone})


def _levels(rows: pl.DataFrame, params: Mapping[str, Any]) -> tuple[pl.DataFrame, int, int]:
    """Whole months of the institutions that have them all, and how many institutions lack months or peers.

    Added is `level`: the logarithm of the money less its own median and less the peers' month (`usual`).
    """
    least = params["min_before"] + params["min_after"]
    months = rows["month"].n_unique()
    institutions = rows.group_by("institution_id").agg(
        is_whole=(pl.len() == months) & (months >= least) & (pl.col("settlements").mean() >= params["min_settlements"])
    )
    whole = _with_peers(rows.join(institutions.filter("is_whole"), on="institution_id", how="semi"))
    log = pl.col("eligible_amount").log()
    levels = (
        whole.with_columns(relative=log - log.median().over("institution_id"))
        .with_columns(usual=pl.col("relative").median().over("peer_key", "month"))
        .with_columns(level=pl.col("relative") - pl.col("usual"))
        .filter(pl.col("peer_key").is_not_null())
        .sort("institution_id", "month")
    )
    able = whole["institution_id"].n_unique()
    return levels, institutions.height - able, able - levels["institution_id"].n_unique()


def _with_peers(rows: pl.DataFrame) -> pl.DataFrame:
    """The same rows with peer_key, the finest allowed group that has enough members here, and its members."""
    key, members = pl.lit(None, dtype=pl.String), pl.lit(None, dtype=pl.UInt32)
    for level in (4, 3, 2, 1):
        count = pl.col("institution_id").n_unique().over(f"key_{level}")
        fits = (pl.col("breadth") <= level) & (count >= LEAST_PEERS) & pl.col(f"key_{level}").is_not_null()
        key = pl.when(fits).then(pl.col(f"key_{level}")).otherwise(key)
        members = pl.when(fits).then(count).otherwise(members)
    return rows.with_columns(peer_key=key, peers=members)


def _steps(months: pl.DataFrame, params: Mapping[str, Any]) -> pl.DataFrame:
    """One row an institution whose strongest step passes every threshold."""
    count = months["month"].n_unique()
    institutions = months.gather_every(count).select("institution_id", "peer_key", "peers")
    level, money, usual = (
        months[column].to_numpy().reshape(-1, count) for column in ("level", "eligible_amount", "usual")
    )
    spread = institutions.with_columns(sd=shift.spread(level)).select(pl.col("sd").median().over("peer_key"))["sd"]
    shifts = shift.strongest(
        level,
        int(params["min_before"]),
        int(params["min_after"]),
        np.maximum(spread.to_numpy(), LEAST_SPREAD),
        int(params["runs"]),
        int(params["seed"]),
    )
    own = np.median(np.log(money), axis=1)
    expected = np.exp(own[:, None] + usual + shifts.before[:, None])
    later = np.arange(count) >= shifts.place[:, None]
    after, before = (money * later).sum(axis=1), (expected * later).sum(axis=1)
    months_after = later.sum(axis=1)
    return institutions.with_columns(
        month=months["month"][:count].gather(shifts.place.tolist()),
        z=shifts.z.round(2),
        chance=shifts.chance.round(4),
        ratio=(after / before).round(2),
        before=(before / months_after).round(0),
        after=(after / months_after).round(0),
        excess=(after - before).round(2),
        months_after=months_after,
        strength=(shifts.z - params["min_z"]) / HALVING,
    ).filter(
        (pl.col("z") >= params["min_z"])
        & (pl.col("chance") <= params["max_chance"])
        & (pl.col("ratio") >= params["min_ratio"])
        & (pl.col("excess") >= params["min_excess"])
    )
