"""Institutions and drugstores whose monthly money steps up, where their peers' does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import duckdb

from models import card

if TYPE_CHECKING:
    import polars as pl

PARTS = ("models.detectors._shift",)

LEAST_PEERS = 5

CARD = card.make(
    {
        "title": "Money steps up from one month on",
        "title_zh": "费用自某月起异常增长（同类机构未见）",
        "violation": "growth_break",
        "family": "growth",
        "subjects": ["institution", "pharmacy"],
        "certainty": "suspected",
        "sentence": "From {month} on {after} yuan a month where {before} yuan would be usual after its own months"
        " before and {peers} peers' course: {ratio} times, {excess} yuan more in {months_after} months",
        "sentence_zh": "自{month}起月均{after}元，按本机构此前水平及同类{peers}家走势应为{before}元，为其{ratio}倍，"
        "{months_after}个月共多{excess}元",
        "basis": [
            "《医疗保障基金使用监督管理条例》第二十五条：依数据监控确定检查重点",
            "筛查模型 D06 增长异常/变点",
        ],
        "window": "the whole delivered window, whole months",
        "needs": ["record.settlement"],
        "params": {
            "min_z": {"value": 4.0, "unit": "robust z", "meaning": "least standardised rise"},
            "max_chance": {"value": 0.01, "unit": "share", "meaning": "shuffled years that rise as much"},
            "min_ratio": {"value": 1.4, "unit": "x", "meaning": "least ratio of after to expected"},
            "min_excess": {"value": 2000, "unit": "yuan", "meaning": "least excess over all months after"},
            "min_before": {"value": 6, "unit": "months", "meaning": "months before the step"},
            "min_after": {"value": 2, "unit": "months", "meaning": "months after the step"},
            "min_settlements": {"value": 15, "unit": "a month", "meaning": "fewer on average: not judged"},
            "runs": {"value": 999, "min": 1, "unit": "runs", "meaning": "shuffled orders of the months"},
            "seed": {"value": 20250101, "meaning": "of shuffling"},
        },
        "exclusions": [
            "months that the delivery holds in part",
            "institutions that began in the window, or have months without settlements: cannot judge",
            "what the peers' months do as well: holidays, policies, epidemics",
        ],
        "exclusions_zh": [
            "数据不完整的月份",
            "数据期内新开业，或有月份无结算的机构：无法判定",
            "同类机构当月同样变化：节假日、政策、流行病",
        ],
        "limits": "A new building, a new department, a neighbour that closed look the same. One step is looked"
        " for; slow growth is not. The money before is the institution's own: old abuse is its normal.",
        "limits_zh": "新楼、新科室、邻近机构停业也会呈现相同情形。只寻找一次阶跃，缓慢增长不判断。"
        "此前水平为本机构自身水平，既往异常会被视为常态。",
        "status": "trial",
    }
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """At most one hit an institution: the strongest step. Units are institutions."""
    import polars as pl

    months, silent, alone = _months(con, params)
    hits = _steps(months, params) if months.height else pl.DataFrame()
    clear = months["institution_id"].n_unique() - hits.height if months.height else 0
    con.execute(_EMPTY)
    if hits.height:
        con.register("growth_hit", hits.to_arrow())
        con.execute(_HITS)
        con.unregister("growth_hit")
    con.execute(
        "insert into judged by name select * from (values ('clear', null, $clear), ('cannot_judge',"
        " 'too few months or settlements', $silent), ('cannot_judge', 'too few peers', $alone))"
        " as counted (outcome, reason, units) where units > 0",
        {"clear": clear, "silent": silent, "alone": alone},
    )


def _months(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> tuple[pl.DataFrame, int, int]:
    """Whole months of the institutions that have them all, with `level`: the logarithm of the money less its own
    median and less the peers' month; and how many institutions lack months or peers."""
    import polars as pl

    frame = con.sql(_WHOLE).pl()
    least = params["min_before"] + params["min_after"]
    months = frame["month"].n_unique()
    enough = frame.group_by("institution_id").agg(
        kept=(pl.len() == months) & (months >= least) & (pl.col("settlements").mean() >= params["min_settlements"])
    )
    kept = _with_peers(frame.join(enough.filter("kept"), on="institution_id", how="semi"))
    log = pl.col("eligible_amount").log()
    kept = kept.with_columns(rel=log - log.median().over("institution_id"))
    kept = kept.with_columns(
        usual=pl.col("rel").median().over("peer_key", "month"),
    ).with_columns(level=pl.col("rel") - pl.col("usual"))
    judged = kept.filter(pl.col("peer_key").is_not_null()).sort("institution_id", "month")
    able = kept["institution_id"].n_unique()
    return judged, enough.height - able, able - judged["institution_id"].n_unique()


def _with_peers(frame: pl.DataFrame) -> pl.DataFrame:
    """The same rows with peer_key, the finest allowed group that has enough members here, and its members."""
    import polars as pl

    key, members = pl.lit(None, dtype=pl.String), pl.lit(None, dtype=pl.UInt32)
    for level in (4, 3, 2, 1):
        count = pl.col("institution_id").n_unique().over(f"key_{level}")
        fits = (pl.col("breadth") <= level) & (count >= LEAST_PEERS) & pl.col(f"key_{level}").is_not_null()
        key = pl.when(fits).then(pl.col(f"key_{level}")).otherwise(key)
        members = pl.when(fits).then(count).otherwise(members)
    return frame.with_columns(peer_key=key, peers=members)


def _steps(months: pl.DataFrame, params: Mapping[str, Any]) -> pl.DataFrame:
    """One row an institution whose strongest step passes every threshold."""
    import numpy as np
    import polars as pl

    from models.detectors import _shift

    count = months["month"].n_unique()
    first = months.gather_every(count).select("institution_id", "peer_key", "peers")
    level = months["level"].to_numpy().reshape(-1, count)
    money = months["eligible_amount"].to_numpy().reshape(-1, count)
    usual = months["usual"].to_numpy().reshape(-1, count)
    floor = first.with_columns(sd=_shift.spread(level)).select(pl.col("sd").median().over("peer_key"))["sd"]
    # Months that hardly differ say little about how much they may.
    found = _shift.strongest(
        level, int(params["min_before"]), int(params["min_after"]), np.maximum(floor.to_numpy(), 0.05),
        int(params["runs"]), int(params["seed"]),
    )  # fmt: skip
    own = np.median(np.log(money), axis=1)
    expected = np.exp(own[:, None] + usual + found.before[:, None])
    later = np.arange(count) >= found.place[:, None]
    after, usually = (money * later).sum(axis=1), (expected * later).sum(axis=1)
    span = later.sum(axis=1)
    frame = first.with_columns(
        month=months["month"][:count].gather(found.place.tolist()),
        z=found.z.round(2),
        chance=found.chance.round(4),
        ratio=(after / usually).round(2),
        before=(usually / span).round(0),
        after=(after / span).round(0),
        excess=(after - usually).round(2),
        months_after=span,
        weight=(1 - 0.5 * 2.0 ** (-(found.z - params["min_z"]) / 3)).round(4),
    )
    return frame.filter(
        (pl.col("z") >= params["min_z"])
        & (pl.col("chance") <= params["max_chance"])
        & (pl.col("ratio") >= params["min_ratio"])
        & (pl.col("excess") >= params["min_excess"])
    )


#: A month counts when the delivery reaches within three days of both its ends.
_WHOLE = """
    select m.institution_id, m.month, m.settlements, cast(m.eligible_amount as double) as eligible_amount,
        g.key_1, g.key_2, g.key_3, g.key_4, g.breadth
    from feature.institution_month as m
    join feature.institution_peer_group as g on g.institution_id = m.institution_id
    cross join feature.delivery_span as s
    where m.month + interval 3 day >= s.first_on and m.month + interval 1 month - interval 4 day <= s.last_on
        and m.eligible_amount > 0
    order by m.institution_id, m.month
"""

_EMPTY = """
    create or replace temp table judged (
        outcome varchar, reason varchar, settlement_id varchar, line_id varchar, encounter_id varchar,
        person_id varchar, institution_id varchar, practitioner_id varchar, occurred_on date,
        amount decimal(16, 2), detail varchar, part varchar, weight double, group_key varchar, units bigint
    )
"""

_HITS = """
    insert into judged by name
    select 'hit' as outcome, institution_id, cast(month as date) as occurred_on,
        cast(excess as decimal(16, 2)) as amount, weight, 1 as units,
        cast(to_json(struct_pack(month := strftime(month, '%Y-%m'), before := cast(before as bigint),
            after := cast(after as bigint), ratio := ratio, excess := cast(excess as bigint),
            months_after := months_after, z := z, chance := chance, peers := peers, peer_group := peer_key
        )) as varchar) as detail
    from growth_hit
"""
