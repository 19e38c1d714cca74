"""Institutions and drugstores that charge one drug at two prices by turns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from models import card
from models.detectors import _judged, _prices

PARTS = ("models.detectors._prices", "models.detectors._judged")

CARD = card.make(
    {
        "title": "One drug at two prices by turns",
        "title_zh": "同一药品同期以高低两种价格交替结算",
        "violation": "two_prices",
        "family": "price",
        "subjects": ["institution", "pharmacy"],
        "certainty": "suspected",
        "sentence": "{item_name} was charged at {unit_price} yuan, between lines at {low} yuan of the same product here"
        " ({turns} turns, {high_lines} of {lines} lines dear): {amount} yuan above on this line",
        "sentence_zh": "“{item_name}”本条单价{unit_price}元，本机构同期同一产品另以{low}元结算（高低价交替{turns}次，"
        "{lines}条中{high_lines}条为高价），本条高出{amount}元",
        "basis": [
            "《医疗保障基金使用监督管理条例》第二十五条：依数据监控确定检查重点",
            "定点零售药店自查自纠问题清单（2025年版）19：同一药品区别价格销售",
        ],
        "window": "the whole delivered window",
        "needs": ["record.fee_line.unit_price"],
        "params": {
            "min_ratio": {"value": 1.2, "unit": "x", "meaning": "from which a price is the dear one, times the lowest"},
            "max_ratio": {"value": 5.0, "unit": "x", "meaning": "beyond it the units differ: cannot judge"},
            "min_turns": {
                "value": 3,
                "unit": "turns",
                "meaning": "least changes between the two; a rise, and a rise that is taken back, have fewer",
            },
            "min_excess": {"value": 50, "unit": "yuan", "meaning": "least excess of the drug here"},
        },
        "exclusions": [
            "a price that changes once, or goes up and comes back",
            "prices whose distance is of whole packs to pieces: cannot judge",
            "services, consumables and herbs: their prices vary by kind",
            "what lay above a limit and was the person's own",
        ],
        "exclusions_zh": [
            "一次性调价，或上涨后回落",
            "差异为整盒与拆零之比：无法判定",
            "服务项目、耗材、饮片：价格因类型而异",
            "超出限额且由个人承担的部分",
        ],
        "limits": "Batches bought at different prices may alternate for some days. Whether the dear price goes to"
        " persons with benefits can only be seen beside the till's own records.",
        "limits_zh": "不同进价批次可能交替数日。高价是否针对享受待遇者，须对照收银记录。",
    }
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """Hits are the dear lines. Units are drugs at institutions with more than one line."""
    _judged.empty(con)
    con.execute(_TURNS, {"min_ratio": params["min_ratio"]})
    con.execute(_RATED, {k: params[k] for k in ("max_ratio", "min_turns", "min_excess")})
    con.execute(_HITS, {"min_ratio": params["min_ratio"]})
    hits = _judged.number(con, "select count(*) from price_hit")
    _prices.lines(con)
    units = _judged.number(con, "select count(*) from price_rated where is_other_unit")
    many = _judged.number(con, "select count(*) from feature.drug_price where lines > 1")
    _judged.count(con, many - units - hits, {"the prices are of two units": units})
    _judged.drop(con, "price_")


_TURNS = f"""
    create or replace temp table price_turn as
    with several as (
        select institution_id, product_code, lowest_price as low, highest_price as high, lines from feature.drug_price
        where highest_price >= $min_ratio * lowest_price
    ),
    line as (
        select s.institution_id, s.product_code, s.low, s.high, s.lines, l.charged_on,
            cast(l.unit_price as double) >= $min_ratio * s.low as is_dear,
            cast(l.eligible_amount as double) as eligible_amount,
            (cast(l.unit_price as double) - s.low) * cast(l.quantity as double) as excess
        from several as s
        join feature.fee_line as l on l.institution_id = s.institution_id and s.product_code = {_prices.PRODUCT}
        where l.unit_price > 0 and l.quantity > 0
    ),
    -- What changes within a day counts as one turn, whatever the order of its lines.
    day as (
        select institution_id, product_code, charged_on, bool_or(is_dear) as has_dear, bool_and(is_dear) as is_dear
        from line group by all
    ),
    state as (
        select *, lag(is_dear) over (
                partition by institution_id, product_code order by charged_on
            ) as was_dear
        from day
    ),
    turned as (
        select institution_id, product_code,
            count(*) filter (where has_dear <> is_dear or is_dear <> was_dear) as turns
        from state group by all
    ),
    summed as (
        select institution_id, product_code, any_value(low) as low, any_value(high) as high,
            count(*) as lines, count(*) filter (where is_dear) as high_lines,
            sum(cast(least(excess, eligible_amount) as decimal(16, 2))) filter (where is_dear) as excess
        from line group by all
    )
    select s.*, t.turns from summed as s join turned as t using (institution_id, product_code)
"""

_RATED = """
    create or replace temp table price_rated as
    select *, high > $max_ratio * low as is_other_unit,
        high <= $max_ratio * low and turns >= $min_turns and excess >= $min_excess as is_hit
    from price_turn
"""

#: A dear line is above the lowest price by the least ratio; what it is above it by is at issue.
_HITS = """
    create or replace temp table price_hit as
    select institution_id, product_code, low as allowed, low * $min_ratio - 0.000001 as above,
        cast(null as date) as from_on, product_code as part,
        round(1 - 0.5 * pow(2, -turns / 6.0), 4) as weight,
        to_json(struct_pack(product_code := product_code, low := round(low, 2), high := round(high, 2),
            turns := turns, lines := lines, high_lines := high_lines)) as facts
    from price_rated where is_hit
"""
