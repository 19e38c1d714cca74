"""Institutions and drugstores that charge a drug far above what the others of their kind charge for the same code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from models import card
from models.detectors import _judged, _prices

PARTS = ("models.detectors._prices", "models.detectors._judged")

CARD = card.make(
    {
        "title": "Drug dearer than at the peers",
        "title_zh": "同厂家同规格药品价格明显高于同类机构",
        "violation": "price_above_peers",
        "family": "price",
        "subjects": ["institution", "pharmacy"],
        "certainty": "suspected",
        "sentence": "{item_name} was charged at {unit_price} yuan; the same product costs {usual} at {others} others of"
        " the kind ({ratio} times here): {amount} yuan above on this line",
        "sentence_zh": "“{item_name}”单价{unit_price}元，同类{others}家同厂家同规格中位价{usual}元，"
        "本机构为其{ratio}倍，本条高出{amount}元",
        "basis": [
            "《医疗保障基金使用监督管理条例》第二十五条：依数据监控确定检查重点",
            "筛查模型 D07 价格比对（同厂家同规格）",
        ],
        "window": "the whole delivered window",
        "needs": ["record.fee_line.unit_price"],
        "params": {
            "min_ratio": {
                "value": 1.5,
                "unit": "x",
                "meaning": "least ratio to the others' median price; 1.3 to watch",
            },
            "min_z": {
                "value": 3.0,
                "unit": "robust z",
                "meaning": "least distance on the logarithm, so that a drug whose price differs everywhere is none",
            },
            "max_ratio": {"value": 5.0, "unit": "x", "meaning": "beyond it the units differ: cannot judge"},
            "min_peers": {"value": 5, "unit": "others", "meaning": "least others of the kind with the drug"},
            "min_lines": {"value": 2, "unit": "lines", "meaning": "least lines of the drug here"},
            "min_excess": {"value": 100, "unit": "yuan", "meaning": "least excess of the drug here"},
        },
        "exclusions": [
            "drugstores and medical institutions are compared with their own kind",
            "a drug whose price differs as much among the others",
            "a price many times higher or lower: sold in other units, cannot judge",
            "what lay above a limit and was the person's own",
        ],
        "exclusions_zh": [
            "药店与医疗机构各与自身同类比较",
            "在其他机构间价格同样差异大的药品",
            "高出或低于数倍的价格：计价单位不同，无法判定",
            "超出限额且由个人承担的部分",
        ],
        "limits": "The code names maker, specification and pack; a line in pieces beside packs is told apart only by"
        " its price. Prices that manufacturers changed within the window count like others. Drugstores set prices"
        " freely unless their agreement says otherwise.",
        "limits_zh": "编码可识别厂家、规格、包装；拆零与整盒并存，仅能由价格区分。数据期内厂家调价同样计入。"
        "药店可自主定价，协议另有约定的除外。",
    }
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """Hits are the lines above the others' median. Units are drugs at institutions."""
    _judged.empty(con)
    con.execute(
        "create or replace temp table price_seen as"
        + _prices.others("feature.drug_price", "is_pharmacy, product_code", "price")
    )
    con.execute(_RATED, {k: params[k] for k in ("max_ratio", "min_peers", "min_lines", "min_ratio", "min_z")})
    con.execute(_HITS, {k: params[k] for k in ("min_excess", "min_ratio")})
    hits = _judged.number(con, "select count(*) from price_hit")
    _prices.lines(con)
    reasons = dict(con.sql("select reason, count(*) from price_rated where reason is not null group by 1").fetchall())
    rated = _judged.number(con, "select count(*) from price_rated where reason is null")
    _judged.count(con, rated - hits, reasons)
    _judged.drop(con, "price_")


_RATED = """
    create or replace temp table price_rated as
    select *, price / usual as ratio,
        case
            when others < $min_peers then 'too few others with the drug'
            when price > $max_ratio * usual or price * $max_ratio < usual then 'the price is of another unit'
        end as reason,
        coalesce(lines >= $min_lines and price >= $min_ratio * usual
            and ln(price / usual) >= $min_z * greatest(spread, 0.02), false) as is_above
    from price_seen
"""

_HITS = """
    create or replace temp table price_hit as
    select institution_id, product_code, usual as allowed, usual as above, cast(null as date) as from_on,
        product_code as part, round(1 - 0.5 * pow(2, -(ratio - $min_ratio) / 0.3), 4) as weight,
        to_json(struct_pack(product_code := product_code, usual := round(usual, 2), others := others,
            ratio := round(ratio, 2), price := round(price, 2))) as facts
    from price_rated
    where reason is null and is_above and cast(eligible_amount as double) * (1 - 1 / ratio) >= $min_excess
"""
