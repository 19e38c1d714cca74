"""What the peer outlier detectors share: indicators in, one row of `judged` a hit out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb

if TYPE_CHECKING:
    import polars as pl

#: How strongly a hit speaks: one half at the least z, three quarters two units above it.
HALVING = 2.0

REASONS = {
    "value": "{title}: not known",
    "volume": "{title}: volume too small",
    "peers": "{title}: too few peers of its kind",
}


@dataclass(frozen=True)
class Indicator:
    """One column of an indicator table. Of one theme an institution gets its strongest hit only."""

    name: str
    theme: str
    scale: str  # share, log, log1p: see models.peers
    volume: str  # column: the events behind the value
    unit: str  # ¥, % or nothing
    title: str
    title_zh: str
    base: str = ""  # column: own minus peer median, times this, is yuan; empty where it is no money
    by_kind: bool = False  # differs by specialty: a special kind is compared with its own kind or not at all


#: Kinds that treat what comes; every other kind has a specialty (TCM, eyes, dialysis, nursing ...).
GENERAL = "^(A1|B|C|D1|D211|D[3-9])"


def judge(
    con: duckdb.DuckDBPyConnection, table: str, indicators: Sequence[Indicator], params: Mapping[str, Any]
) -> None:
    """Leave `judged` for one indicator table. `params`: min_z, min_points, min_peer_ratio,
    min_visits and, where stays are judged, min_stays."""
    import polars as pl

    wide = con.sql(
        f"select n.*, g.key_1, g.key_2, g.key_3, g.key_4, g.breadth, i.institution_kind as kind,"
        f" not regexp_matches(coalesce(i.institution_kind, 'A1'), '{GENERAL}') as is_special"
        f" from feature.{table} as n join feature.institution_peer_group as g on g.institution_id = n.institution_id"
        " join feature.institution as i on i.institution_id = n.institution_id"
        " order by n.institution_id"
    ).pl()
    scored = pl.concat([_scored(wide, i, params) for i in indicators])
    hits = (
        scored.filter(pl.col("is_hit"))
        .sort(["institution_id", "theme", "z", "indicator"], descending=[False, False, True, False])
        .unique(["institution_id", "theme"], keep="first", maintain_order=True)
    )
    cannot = scored.filter(pl.col("reason").is_not_null())
    clear = scored.height - cannot.height - hits.height
    con.register("outlier_hit", hits.to_arrow())
    con.register("outlier_cannot", cannot.select("institution_id", "reason").to_arrow())
    con.execute(_JUDGED, {"clear": clear})
    con.unregister("outlier_hit")
    con.unregister("outlier_cannot")


def _scored(wide: pl.DataFrame, indicator: Indicator, params: Mapping[str, Any]) -> pl.DataFrame:
    import polars as pl

    from models import peers

    i, events = indicator, params.get("min_stays", 0) if "stays" in indicator.volume else params["min_visits"]
    money = pl.col(i.base).cast(pl.Float64) if i.base else pl.lit(None, dtype=pl.Float64)
    apart = pl.col("is_special") & i.by_kind
    keys = [pl.when(apart).then("kind|" + pl.col("kind")).otherwise(pl.col(k)).alias(k) for k in peers.KEYS[:3]]
    frame = wide.select(
        "institution_id",
        *keys,
        "key_4",
        "breadth",
        "eligible_amount",
        value=pl.col(i.name).cast(pl.Float64),
        volume=pl.col(i.volume),
        money=money,
    ).filter(pl.col("volume") > 0)
    own, usual = pl.col("value"), pl.col("peer_median")
    shown, digits = (100, 1) if i.scale == "share" else (1, 2)
    status = pl.when(pl.col("peer_group") == "all").then(pl.lit("peers")).otherwise(pl.col("status"))
    reason = status.replace_strict({k: v.format(title=i.title) for k, v in REASONS.items()}, default=None)
    least = params["min_points"] / 100 if i.scale == "share" else 0.0
    above = (pl.col("z") >= params["min_z"]) & (own >= usual * params["min_peer_ratio"]) & (own - usual >= least)
    return peers.score(frame, i.scale, float(events)).select(
        "institution_id",
        "z",
        "peer_percentile",
        "peer_group",
        "peers",
        indicator=pl.lit(i.name),
        theme=pl.lit(i.theme),
        title=pl.lit(i.title),
        title_zh=pl.lit(i.title_zh),
        unit=pl.lit(i.unit),
        own=(own * shown).round(digits),
        peer_median=(usual * shown).round(digits),
        volume=pl.col("volume").cast(pl.Int64),
        reason=reason,
        is_hit=(above & reason.is_null()).fill_null(False),
        amount=pl.when(pl.col("money").is_not_null()).then(
            pl.min_horizontal((own - usual) * pl.col("money"), pl.col("eligible_amount").cast(pl.Float64))
        ),
        weight=1 - 0.5 * 2.0 ** (-(pl.col("z") - params["min_z"]) / HALVING),
    )


_JUDGED = """
    create or replace temp table judged as
    with row_of as (
        select 'hit' as outcome, cast(null as varchar) as reason, institution_id,
            cast(case when amount > 0 then amount end as decimal(16, 2)) as amount,
            cast(to_json(struct_pack(
                indicator := indicator, indicator_title := title, indicator_title_zh := title_zh, unit := unit,
                own_text := case unit when '¥' then '¥' || own else own || unit end,
                peer_text := case unit when '¥' then '¥' || peer_median else peer_median || unit end,
                own := own, peer_median := peer_median, peer_percentile := round(peer_percentile, 1),
                peer_group := peer_group, peers := peers, z := round(z, 2), volume := volume
            )) as varchar) as detail,
            indicator as part, round(weight, 4) as weight, cast(1 as bigint) as units
        from outlier_hit
        union all
        select 'cannot_judge', reason, institution_id, null, null, null, null, 1 from outlier_cannot
        union all
        select 'clear', null, null, null, null, null, null, cast($clear as bigint) where $clear > 0
    )
    select outcome, reason, cast(null as varchar) as settlement_id, cast(null as varchar) as line_id,
        cast(null as varchar) as encounter_id, cast(null as varchar) as person_id, institution_id,
        cast(null as varchar) as practitioner_id, cast(null as date) as occurred_on, amount, detail, part, weight,
        cast(null as varchar) as group_key, units
    from row_of
"""
