"""Shares of stays at an institution, adjusted for age, sex and diagnosis, against its peers: stays in, hits out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb

from models.detectors import _outlier

if TYPE_CHECKING:
    import polars as pl

SENTENCE = (
    "{share_title}: {flagged} of {stays} stays here, {own_text}, this one of {occurred_on} among them; for their age,"
    " sex and diagnoses {expected_text} would be usual, the median of {peers} peers is {peer_text}"
)
SENTENCE_ZH = (
    "{share_title_zh}：本机构{stays}次住院中{flagged}次，占{own_text}（本次{occurred_on}入院为其一）；"
    "按年龄、性别、病种构成预期{expected_text}，同类{peers}家机构中位数{peer_text}"
)

#: Kinds whose stays are of all sorts: as for other indicators, and hospitals of Chinese medicine.
GENERAL = _outlier.GENERAL.replace("A1|", "A1|A2|", 1)

#: Of the flagged stays, how many a practitioner signed to be named beside the institution.
LEAST_SIGNED = 3

#: Strata of indirect standardisation, from coarse to fine.
STRATA = ("chapter", "stratum")


@dataclass(frozen=True)
class Share:
    """One column of `stay_flag`: true where the stay is such a one, false where not, null where not judged."""

    name: str
    title: str
    title_zh: str
    is_money: bool = True  # the stays' own money is at issue, in the part beyond the usual share
    by_level: bool = True  # usual at one level of care, strange at another; else all levels are peers
    by_kind: bool = True  # usual in one specialty; else what age, sex and diagnoses explain is enough
    by_group: bool = True  # usual in one group of peers; else everybody with stays is a peer
    money: str = ""  # column of `stay_flag`: yuan at issue in place of the stays' own money


def judge(con: duckdb.DuckDBPyConnection, shares: Sequence[Share], params: Mapping[str, Any]) -> None:
    """Leave `judged` from the temp table `stay_flag`: encounter_id, institution_id, chapter, stratum and one boolean
    column a share.

    A hit is a flagged stay of an institution whose share stands out. Units are stays, once a share.
    `params`: min_z, min_stays, min_flagged, min_ratio, min_points.
    """
    con.register("share_scored", scores(con, shares, params).to_arrow())
    flagged = " union all ".join(
        f"select encounter_id, institution_id, '{s.name}' as share, {s.name} as is_flagged,"
        f" cast({s.money or 'null'} as decimal(16, 2)) as yuan from stay_flag where {s.name} is not null"
        for s in shares
    )
    con.execute(_JUDGED.format(flagged=flagged, signed=LEAST_SIGNED))
    con.unregister("share_scored")


def scores(con: duckdb.DuckDBPyConnection, shares: Sequence[Share], params: Mapping[str, Any]) -> pl.DataFrame:
    """One row an institution and share: volume, flagged, own, expected, peer_median (percent), z, is_hit, reason."""
    import polars as pl

    stays = con.sql(_STAYS.format(flags="".join(f", f.{s.name}" for s in shares))).pl()
    return pl.concat([_scored(stays, share, params) for share in shares])


def _scored(stays: pl.DataFrame, share: Share, params: Mapping[str, Any]) -> pl.DataFrame:
    """One row an institution with such stays: own and expected share, place among its peers, is_hit or reason."""
    import polars as pl

    from models import peers

    judged = stays.filter(pl.col(share.name).is_not_null()).with_columns(flag=pl.col(share.name).cast(pl.Float64))
    usual = pl.Series("expected", peers.expected(judged, "flag", STRATA))
    whole = float(judged.select(pl.col("flag").sum()).item()) / max(judged.height, 1)
    table = (
        judged.with_columns(usual)
        .group_by("institution_id", *peers.KEYS, "breadth", "kind", "is_special", maintain_order=True)
        .agg(volume=pl.len(), flagged=pl.col("flag").sum(), expected=pl.col("expected").sum().round(9))
    )
    apart = pl.col("is_special") & share.by_kind
    own, expected = pl.col("flagged") / pl.col("volume"), pl.col("expected") / pl.col("volume")
    # What the share would be with everybody's mix; the odds keep it below one.
    odds = own / (1 - own) * (1 - expected) / expected * whole / max(1 - whole, 1e-9)
    adjusted = pl.when(own >= 1).then(1.0).when(expected > 0).then(odds / (1 + odds)).otherwise(own)
    frame = table.with_columns(
        *[pl.when(apart).then("kind|" + pl.col("kind")).otherwise(pl.col(k)).alias(k) for k in peers.KEYS[:3]],
        own=own,
        usual=expected,
        value=adjusted,
    )
    if not share.by_level:
        frame = frame.with_columns(breadth=pl.max_horizontal("breadth", pl.lit(3 if share.by_group else 4)))
    found = peers.score(frame, "share", float(params["min_stays"]))
    alone = (pl.col("peer_group") == "all") & (apart | pl.lit(share.by_level))
    status = pl.when(alone).then(pl.lit("peers")).otherwise(pl.col("status"))
    reason = status.replace_strict(
        {k: v.format(title=share.title) for k, v in _outlier.REASONS.items()}, default=None, return_dtype=pl.String
    )
    high = pl.max_horizontal("usual", "peer_median")
    above = (
        (pl.col("z") >= params["min_z"])
        & (pl.col("flagged") >= params["min_flagged"])
        & (pl.col("own") >= high * params["min_ratio"])
        & (pl.col("value") >= pl.col("peer_median") * params["min_ratio"])
        & (pl.col("own") - high >= params["min_points"] / 100)
    )
    return found.select(
        "institution_id", "volume", "z", "peers", "peer_group", "peer_percentile",
        reason=reason, share=pl.lit(share.name),
        is_money=pl.lit(share.is_money), is_own=pl.lit(share.money == ""),
        title=pl.lit(share.title), title_zh=pl.lit(share.title_zh),
        flagged=pl.col("flagged").cast(pl.Int64),
        own=(100 * pl.col("own")).round(1), expected=(100 * pl.col("usual")).round(1),
        peer_median=(100 * pl.col("peer_median")).round(1), adjusted=(100 * pl.col("value")).round(1),
        is_hit=(above & reason.is_null()).fill_null(False),
        excess=(1 - high / pl.col("own")).clip(0, 1).round(6),
        weight=(1 - 0.5 * 2.0 ** (-(pl.col("z") - params["min_z"]) / _outlier.HALVING)).round(4),
    )  # fmt: skip


_STAYS = (
    """
    select f.institution_id, f.encounter_id, f.chapter, f.stratum, g.key_1, g.key_2, g.key_3, g.key_4, g.breadth,
        i.institution_kind as kind,
        not regexp_matches(coalesce(i.institution_kind, 'A1'), '"""
    + GENERAL
    + """') as is_special{flags}
    from stay_flag as f
    join feature.institution_peer_group as g on g.institution_id = f.institution_id
    join feature.institution as i on i.institution_id = f.institution_id
    order by f.institution_id, f.encounter_id
"""
)

_JUDGED = """
    create or replace temp table judged as
    with flagged as ({flagged}),
    found as (
        select f.encounter_id, f.institution_id, f.is_flagged, f.yuan, h.* exclude (institution_id)
        from flagged as f
        join share_scored as h on h.institution_id = f.institution_id and h.share = f.share
    ),
    -- Who signed one or two of them may not have known.
    signed as (
        select f.share, e.practitioner_id
        from found as f
        join feature.stay as e on e.encounter_id = f.encounter_id
        where f.is_hit and f.is_flagged and e.practitioner_id is not null
        group by f.share, e.practitioner_id
        having count(*) >= {signed}
    ),
    row_of as (
        select s.settlement_id, f.encounter_id, s.person_id, f.institution_id, g.practitioner_id, s.started_on,
            case when f.is_money then cast(f.excess * case when f.is_own then s.eligible_amount
                -- of a stay settled in parts, each part's
                else f.yuan * cast(s.eligible_amount as double) / nullif(cast(sum(s.eligible_amount)
                    over (partition by f.share, f.encounter_id) as double), 0) end as decimal(16, 2)) end as amount,
            f.share, f.weight,
            cast(to_json(struct_pack(share := f.share, share_title := f.title, share_title_zh := f.title_zh,
                own_text := f.own || '%', expected_text := f.expected || '%', peer_text := f.peer_median || '%',
                flagged := f.flagged, stays := f.volume, peers := f.peers, peer_group := f.peer_group,
                adjusted := f.adjusted, peer_percentile := round(f.peer_percentile, 1), z := round(f.z, 2),
                occurred_on := s.started_on)) as varchar) as detail
        from found as f
        join feature.settlement as s on s.encounter_id = f.encounter_id
        left join feature.stay as e on e.encounter_id = f.encounter_id
        left join signed as g on g.share = f.share and g.practitioner_id = e.practitioner_id
        where f.is_hit and f.is_flagged
    )
    select 'hit' as outcome, cast(null as varchar) as reason, settlement_id, cast(null as varchar) as line_id,
        encounter_id, person_id, institution_id, practitioner_id,
        started_on as occurred_on, amount, detail, share as part, weight, cast(null as varchar) as group_key,
        cast(1 as bigint) as units
    from row_of
    union all
    select 'cannot_judge', reason, null, null, null, null, null, null, null, null, null, null, null, null, count(*)
    from found where reason is not null group by reason
    union all
    select 'clear', null, null, null, null, null, null, null, null, null, null, null, null, null, count(*)
    from found where reason is null and not (is_hit and is_flagged) having count(*) > 0
"""
