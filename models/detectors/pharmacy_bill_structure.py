"""Drugstores whose bills look unlike their neighbours' in two ways at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import duckdb

from models import card
from models.detectors import _judged, _outlier
from models.detectors._outlier import Indicator

if TYPE_CHECKING:
    import polars as pl

PARTS = ("models.detectors._judged", "models.detectors._outlier", "models.peers")

CARD = card.make(
    {
        "title": "A drugstore's bills look unlike its neighbours' in several ways",
        "title_zh": "药店结算结构多项异常",
        "violation": "pharmacy_pattern",
        "family": "pattern",
        "fetch": ["store"],
        "subjects": ["pharmacy"],
        "certainty": "suspected",
        "sentence": "{signs} signs at once in {purchases} purchases, against {peers} stores of the area: {reason_text}",
        "sentence_zh": "{purchases}笔结算中{signs}项结构异常，对照本地{peers}家药店：{reason_text_zh}",
        "basis": [
            "《医疗保障基金使用监督管理条例》第二十五条：依数据监控确定检查重点",
            "筛查模型 C08 药店结算结构异常；定点零售药店自查自纠问题清单 1、2、3",
        ],
        "scope": ["drugstore"],
        "window": "the whole delivered window",
        "needs": ["record.settlement.settled_at", "record.fee_line"],
        "params": {
            "min_z": {"value": 2.5, "unit": "robust z", "meaning": "least distance of a sign above the area's stores"},
            "strong_z": {"value": 3.0, "unit": "robust z", "meaning": "of the strongest sign"},
            "min_signs": {"value": 2, "unit": "signs", "meaning": "least signs of different kinds"},
            "min_peer_ratio": {"value": 1.3, "unit": "x", "meaning": "least ratio to the area's median"},
            "min_points": {"value": 1.0, "unit": "%", "meaning": "least distance of a share, percentage points"},
            "max_dear": {
                "value": 0.85,
                "unit": "share",
                "meaning": "of a store's money for items dearer than nine tenths of all, above which it is a store of"
                " special drugs without peers here",
            },
            "min_visits": {"value": 50, "unit": "purchases", "meaning": "fewer: not judged"},
        },
        "exclusions": [
            "one sign alone: the peer comparison says it; dear items, one item and few persons are one sign, as one"
            " patient with a dear drug makes all three",
            "stores of special drugs: cannot judge",
            "equal amounts below 50 yuan; whole tens that small prices make",
            "volumes too small to carry a share",
            "what the stores of the area do as well",
        ],
        "exclusions_zh": [
            "仅一项特征：见药店同类对比；高价、单一项目、少数人员属同一特征，一名用高价药者即可引起",
            "特药药店：无法判定",
            "50 元以下的等额；小额定价形成的整十元",
            "业务量过小，占比不可靠",
            "当地药店同样如此",
        ],
        "limits": "Stores open all night have their own structure, one sign of it. The"
        " amount is the largest sign's excess over the area's median share, an order of size and no demand.",
        "limits_zh": "通宵营业药店有其自身结构，为其中一项特征。金额取最大特征高于当地中位占比的部分，仅为量级参考，"
        "非追回要求。",
    }
)

#: From feature.pharmacy_indicator and feature.pharmacy_bill. Signs of one theme are one sign.
SIGNS = (
    Indicator("round_share", "round", "share", "purchases", "%", "purchases of whole tens of yuan", "整十元结算"),
    Indicator("hundred_share", "round", "share", "purchases", "%", "purchases of whole hundreds", "整百元结算"),
    Indicator("night_share", "night", "share", "clocked_purchases", "%", "purchases from 22 to 6 o'clock", "夜间结算"),
    Indicator(
        "chained_share", "clock", "share", "clocked_purchases", "%", "purchases within two minutes of another person's",
        "两分钟内连续多人结算",
    ),
    Indicator("tonic_share", "goods", "share", "purchases", "%", "money for tonics", "滋补类品种金额"),
    Indicator(
        "dear_share", "item", "share", "purchases", "%", "money for items dearer than nine tenths of all",
        "高价品种金额",
    ),
    Indicator(
        "top_item_share", "item", "share", "purchases", "%", "money for the item that sold most", "销售额最高单品金额"
    ),
    Indicator("single_share", "item", "share", "purchases", "%", "purchases of several units of one item", "单品多盒"),
    Indicator("top_person_share", "item", "share", "persons", "%", "money of three persons", "前三名人员金额"),
    Indicator(
        "equal_share", "amount", "share", "purchases", "%", "purchases of an amount that others paid that month",
        "与他人当月金额完全相同的结算",
    ),
    Indicator(
        "repeated_share", "amount", "share", "purchases", "%", "purchases of an amount the person paid before",
        "同一人员相同金额结算",
    ),
    Indicator("cashless_share", "cash", "share", "priced_purchases", "%", "purchases without cash", "无现金支付结算"),
)  # fmt: skip


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """At most one hit a drugstore. Units are drugstores."""
    import polars as pl

    everyone = con.sql(_WIDE).pl()
    wide = everyone.filter(pl.col("dear_share").fill_null(0) < params["max_dear"])
    scored = pl.concat([_outlier._scored(wide, sign, params) for sign in SIGNS])
    money = wide.select("institution_id", "purchases", eligible=pl.col("eligible_amount").cast(pl.Float64))
    hits = _hits(scored, money, params)
    unable = scored.group_by("institution_id").agg(able=pl.col("reason").is_null().sum())
    cannot = unable.filter(pl.col("able") < params["min_signs"]).height
    _judged.empty(con)
    if hits.height:
        con.register("structure_hit", hits.to_arrow())
        con.execute(_HITS, {"min_z": params["min_z"]})
        con.unregister("structure_hit")
    clear = wide.height - hits.height - cannot
    special = everyone.height - wide.height
    _judged.count(
        con,
        clear,
        {"too few purchases, or too few stores of the area": cannot, "sells special drugs: no peers": special},
    )


def _hits(scored: pl.DataFrame, money: pl.DataFrame, params: Mapping[str, Any]) -> pl.DataFrame:
    """One row a store with signs of several themes: its signs in words and the excess of the largest."""
    import polars as pl

    signs = (
        scored.filter(pl.col("is_hit"))
        .sort(["institution_id", "theme", "z", "indicator"], descending=[False, False, True, False])
        .unique(["institution_id", "theme"], keep="first", maintain_order=True)
        .sort(["institution_id", "z", "indicator"], descending=[False, True, False])
        .join(money, on="institution_id", maintain_order="left")
        .with_columns(
            excess=(pl.col("own") - pl.col("peer_median")) / 100 * pl.col("eligible"),
            reason_text=pl.format("{} {}% against {}%", "title", "own", "peer_median"),
            reason_text_zh=pl.format("{}占{}%（同类中位数{}%）", "title_zh", "own", "peer_median"),
            **_outlier.beside_peers(),
        )
    )
    return (
        signs.group_by("institution_id", maintain_order=True)
        .agg(
            signs=pl.len(),
            z=pl.col("z").max().round(2),
            peers=pl.col("peers").min(),
            purchases=pl.col("purchases").first(),
            amount=pl.col("excess").max().round(2),
            reason_text=pl.col("reason_text").str.join("; "),
            reason_text_zh=pl.col("reason_text_zh").str.join("；"),
            indicators=pl.struct(*_outlier.BESIDE_PEERS, pl.col("z").round(2)),
        )
        .filter((pl.col("signs") >= params["min_signs"]) & (pl.col("z") >= params["strong_z"]))
    )


_WIDE = """
    select b.*, n.round_share, n.night_share, n.top_item_share, n.repeated_share, n.chained_share,
        n.tonic_share, n.dear_share, g.key_1, g.key_2, g.key_3,
        g.key_4, g.breadth, cast(null as varchar) as kind, false as is_special
    from feature.pharmacy_bill as b
    join feature.pharmacy_indicator as n on n.institution_id = b.institution_id
    join feature.institution_peer_group as g on g.institution_id = b.institution_id
    order by b.institution_id
"""

_HITS = """
    insert into judged by name
    select 'hit' as outcome, institution_id, cast(amount as decimal(16, 2)) as amount, 1 as units,
        round(1 - 0.5 * pow(2, -(z - $min_z) / 2 - (signs - 2) / 2.0), 4) as weight,
        cast(to_json(struct_pack(signs := signs, purchases := purchases, peers := peers, z := z,
            reason_text := reason_text, reason_text_zh := reason_text_zh, indicators := indicators)) as varchar)
            as detail
    from structure_hit
"""
