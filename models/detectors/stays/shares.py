"""Shares of stays at an institution, adjusted for age, sex and diagnosis, against its peers: stays in, hits out.

A detector's step stay_of_share says which stays are of which kind; its shares.csv what each kind is called and who is
compared with whom.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from models import peers
from models.detectors.peers import method
from models.sources.work import Work

#: Strata of indirect standardisation, from coarse to fine.
STRATA = ("chapter", "stratum")
PEER_COLUMNS = (*peers.KEYS, "breadth", "kind", "is_special")


@dataclass(frozen=True)
class Share:
    """One kind of stay whose share is compared."""

    name: str
    title: str
    title_zh: str
    at_issue: str  # in the part beyond the usual share: stay (its own money), amount (of stay_of_share) or nothing
    by_level: bool  # usual at one level of care, strange at another; else all levels are peers
    by_kind: bool  # usual in one specialty; else what age, sex and diagnoses explain is enough
    by_group: bool  # usual in one group of peers; else everybody with stays is a peer


def read(work: Work) -> list[Share]:
    """The detector's shares.csv: the columns are the fields of Share, yes or no in by_level, by_kind, by_group."""
    rows = work.csv("shares").with_columns(pl.col("by_level", "by_kind", "by_group") == "yes")
    return [Share(**row) for row in rows.to_dicts()]


def judge(work: Work) -> None:
    """Judge the rows of stay_of_share. A hit is a stay of the kind at an institution whose share stands out.

    Units are stays, once a share. Parameters: min_z, min_stays, min_flagged, min_ratio, min_points.
    """
    with work.lend(share_of_place=of_places(work)):
        work.run("shared/stays_beyond_share")


def of_places(work: Work) -> pl.DataFrame:
    """One row an institution and share: volume, flagged, own, expected and usual (percent), z, is_hit or reason."""
    stays = work.frame("shared/stays_beside_peers")
    return pl.concat([_compared(_counted(stays, share), share, work.params) for share in read(work)])


def _counted(stays: pl.DataFrame, share: Share) -> pl.DataFrame:
    """One row an institution with such stays: own and expected share, and what its share is with everybody's mix."""
    of_share = stays.filter(share=share.name).with_columns(flag=pl.col("is_flagged").cast(pl.Float64))
    whole = float(of_share["flag"].sum()) / max(of_share.height, 1)
    own, expected = pl.col("flagged") / pl.col("volume"), pl.col("expected") / pl.col("volume")
    odds = own / (1 - own) * (1 - expected) / expected * whole / max(1 - whole, 1e-9)  # they keep it below one
    return (
        of_share.with_columns(pl.Series("expected", peers.expected(of_share, "flag", STRATA)))
        .group_by("institution_id", *PEER_COLUMNS, maintain_order=True)
        .agg(volume=pl.len(), flagged=pl.col("flag").sum(), expected=pl.col("expected").sum().round(9))
        .with_columns(
            own=own,
            expected=expected,
            value=pl.when(own >= 1).then(1.0).when(expected > 0).then(odds / (1 + odds)).otherwise(own),
        )
    )


def _compared(places: pl.DataFrame, share: Share, params: Mapping[str, Any]) -> pl.DataFrame:
    """The same rows with their place among the peers."""
    apart = pl.col("is_special") & share.by_kind
    frame = places.with_columns(
        pl.when(apart).then("kind|" + pl.col("kind")).otherwise(pl.col(k)).alias(k) for k in peers.KEYS[:3]
    )
    if not share.by_level:
        frame = frame.with_columns(breadth=pl.max_horizontal("breadth", pl.lit(3 if share.by_group else 4)))
    scored = peers.score(frame, "share", float(params["min_stays"]))
    alone = (pl.col("peer_group") == "all") & (apart | pl.lit(share.by_level))
    status = pl.when(alone).then(pl.lit("peers")).otherwise(pl.col("status"))
    reason = status.replace_strict(
        {k: v.format(title=share.title) for k, v in method.REASONS.items()}, default=None, return_dtype=pl.String
    )
    high = pl.max_horizontal("expected", "peer_median")
    above = (
        (pl.col("z") >= params["min_z"])
        & (pl.col("flagged") >= params["min_flagged"])
        & (pl.col("own") >= high * params["min_ratio"])
        & (pl.col("value") >= pl.col("peer_median") * params["min_ratio"])
        & (pl.col("own") - high >= params["min_points"] / 100)
    )
    return scored.select(
        "institution_id",
        "volume",
        "z",
        "peers",
        "peer_group",
        share=pl.lit(share.name),
        title=pl.lit(share.title),
        title_zh=pl.lit(share.title_zh),
        at_issue=pl.lit(share.at_issue),
        flagged=pl.col("flagged").cast(pl.Int64),
        own=(100 * pl.col("own")).round(1),
        expected=(100 * pl.col("expected")).round(1),
        usual=(100 * pl.col("peer_median")).round(1),
        adjusted=(100 * pl.col("value")).round(1),
        percentile=pl.col("peer_percentile"),
        reason=reason,
        is_hit=(above & reason.is_null()).fill_null(False),
        excess=(1 - high / pl.col("own")).clip(0, 1).round(6),
        strength=(pl.col("z") - params["min_z"]) / method.HALVING,
    )
