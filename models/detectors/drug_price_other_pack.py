"""Drugs of one maker whose price is far above what another of its specifications costs, converted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from models import card
from models.detectors import _drugs, _judged, _prices

PARTS = ("models.detectors._drugs", "models.detectors._prices", "models.detectors._judged")

CARD = card.make(
    {
        "title": "Drug dearer than its maker's other specification, converted",
        "title_zh": "同厂家不同规格药品折算后价格明显偏高",
        "violation": "price_above_other_pack",
        "family": "price",
        "subjects": ["institution", "pharmacy"],
        "certainty": "suspected",
        "sentence": "{item_name} {specification} was charged at {unit_price} yuan; the maker's {other_specification}"
        " costs {other_price}, which converts to {usual} ({ratio} times here): {amount} yuan above on this line",
        "sentence_zh": "“{item_name}”{specification}单价{unit_price}元；同厂家{other_specification}为{other_price}元，"
        "按差比价折算为{usual}元，本机构为其{ratio}倍，本条高出{amount}元",
        "basis": [
            "《药品差比价规则》（发改价格〔2011〕2452号）：含量、包装数量差比价",
            "筛查模型 D07 价格比对（同厂家不同规格）",
        ],
        "window": "the whole delivered window",
        "needs": ["record.fee_line.unit_price", "record.fee_line.specification"],
        "params": {
            "content_factor": {"value": 1.7, "unit": "x", "meaning": "of price where the content doubles"},
            "pack_factor": {"value": 1.95, "unit": "x", "meaning": "of price where the pieces in the pack double"},
            "min_ratio": {"value": 1.3, "unit": "x", "meaning": "least ratio to the converted price"},
            "max_ratio": {"value": 5.0, "unit": "x", "meaning": "beyond it the units differ: cannot judge"},
            "max_step": {"value": 8.0, "unit": "x", "meaning": "most difference of content or pack that is converted"},
            "min_peers": {"value": 3, "unit": "institutions", "meaning": "least ones behind the other's median price"},
            "min_excess": {"value": 100, "unit": "yuan", "meaning": "least excess of the drug here"},
        },
        "exclusions": [
            "a specification that cannot be read: cannot judge",
            "other volumes, shares and sizes: not converted",
            "too few institutions with the other specification: cannot judge",
            "a price many times higher: sold in other units, cannot judge",
        ],
        "exclusions_zh": [
            "规格无法识别：无法判定",
            "其他容积、浓度、尺寸：不折算",
            "有另一规格的机构过少：无法判定",
            "高出数倍的价格：计价单位不同，无法判定",
        ],
        "limits": "The price of a specification is the maker's: what all institutions pay alike is a matter for the"
        " platform, not for the institution. Drugs with one specification are not judged.",
        "limits_zh": "规格定价由厂家决定：各机构均同样支付的，属平台问题而非机构问题。仅一种规格的药品不作判断。",
        "status": "trial",
    }
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """Hits are the lines above the converted price. Units are drugs at institutions whose maker has another pack."""
    _judged.empty(con)
    _drugs.packs(con)
    con.execute(_PAIRS, {k: params[k] for k in ("content_factor", "pack_factor", "max_step", "min_peers")})
    con.execute(_RATED, {"max_ratio": params["max_ratio"]})
    con.execute(_HITS, {k: params[k] for k in ("min_ratio", "min_excess")})
    hits = _judged.number(con, "select count(*) from price_hit")
    _prices.lines(con)
    reasons = dict(con.sql("select reason, count(*) from price_rated where reason is not null group by 1").fetchall())
    rated = _judged.number(con, "select count(*) from price_rated where reason is null")
    _judged.count(con, rated - hits, reasons)
    _judged.drop(con, "price_")
    _judged.drop(con, "drug_pack")


#: Every drug beside each other specification of its maker, with that one's median price converted to it.
_PAIRS = """
    create or replace temp table price_pair as
    with median_of as (
        select product_code, is_pharmacy, median(price) as price, count(*) as institutions
        from feature.drug_price group by all
    )
    select a.product_code, a.item_name, a.specification, a.is_read and b.is_read as is_read, m.is_pharmacy,
        b.product_code as other_code, b.specification as other_specification, m.price as other_price,
        m.institutions >= $min_peers as is_known,
        m.price * pow($content_factor, log2(coalesce(a.strength / b.strength, 1)))
            * pow($pack_factor, log2(a.pieces / b.pieces)) as usual,
        a.strength_unit is not distinct from b.strength_unit and a.volume is not distinct from b.volume
            and a.rest is not distinct from b.rest
            and abs(log2(coalesce(a.strength / b.strength, 1))) <= log2($max_step)
            and abs(log2(a.pieces / b.pieces)) <= log2($max_step)
            and (a.strength <> b.strength or a.pieces <> b.pieces) as is_convertible
    from drug_pack as a
    join drug_pack as b on b.generic_key = a.generic_key and b.form_key = a.form_key and b.maker_key = a.maker_key
        and b.product_code <> a.product_code
    join median_of as m on m.product_code = b.product_code
"""

_RATED = """
    create or replace temp table price_rated as
    with compared as (
        select d.institution_id, d.product_code, d.price, d.eligible_amount, p.* exclude (product_code, is_pharmacy),
            d.price / p.usual as ratio,
            case
                when not p.is_read then 'the specification cannot be read'
                when not p.is_convertible then 'volume, share or size differ: not converted'
                when not p.is_known then 'too few with the other specification'
                when d.price > $max_ratio * p.usual then 'the price is of another unit'
            end as reason
        from feature.drug_price as d
        join price_pair as p on p.product_code = d.product_code and p.is_pharmacy = d.is_pharmacy
    )
    select *, row_number() over (
            partition by institution_id, product_code order by reason is not null, ratio desc, other_code
        ) as choice
    from compared
    qualify choice = 1
"""

_HITS = """
    create or replace temp table price_hit as
    select institution_id, product_code, usual as allowed, usual as above, cast(null as date) as from_on,
        product_code as part, round(1 - 0.5 * pow(2, -(ratio - $min_ratio) / 0.5), 4) as weight,
        to_json(struct_pack(product_code := product_code, specification := specification,
            other_code := other_code, other_specification := other_specification,
            other_price := round(other_price, 2), usual := round(usual, 2), ratio := round(ratio, 2))) as facts
    from price_rated
    where reason is null and ratio >= $min_ratio and cast(eligible_amount as double) * (1 - 1 / ratio) >= $min_excess
"""
