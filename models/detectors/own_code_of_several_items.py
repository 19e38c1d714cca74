"""Own item codes of an institution that stand for several national items at the same time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from models import card
from models.detectors import _judged, _prices

PARTS = ("models.detectors._prices", "models.detectors._judged")

CARD = card.make(
    {
        "title": "One own item code billed as several national items",
        "title_zh": "同一院内编码同期对应多个医保编码（疑似串换）",
        "violation": "substitution",
        "family": "substitution",
        "subjects": ["institution", "pharmacy"],
        "certainty": "suspected",
        "sentence": "Own code {own_code} was billed as {items} national items at a time; this line as {item_name} at"
        " {unit_price} yuan, others as {cheap_name} at {cheap_price}: {amount} yuan above on this line",
        "sentence_zh": "院内编码{own_code}同期对应{items}个医保编码；本条按“{item_name}”单价{unit_price}元结算，另有按"
        "“{cheap_name}”{cheap_price}元结算，本条高出{amount}元",
        "basis": [
            "《医疗保障基金使用监督管理条例》第三十八条第（四）项：串换药品、医用耗材、诊疗项目和服务设施",
            "筛查模型 D08 串换线索（目录对码异常）",
        ],
        "window": "the whole delivered window",
        "needs": ["record.fee_line.institution_item_code", "record.fee_line.unit_price"],
        "params": {
            "min_ratio": {"value": 1.2, "unit": "x", "meaning": "least ratio of the dear item's price to the cheapest"},
            "min_overlap": {"value": 30, "unit": "days", "meaning": "least time in which two of the items are billed"},
            "min_lines": {"value": 3, "unit": "lines", "meaning": "least lines of an item under the code"},
            "max_items": {"value": 5, "unit": "items", "meaning": "more under one code: a code for everything"},
            "min_excess": {"value": 1000, "unit": "yuan", "meaning": "least excess of the code"},
        },
        "exclusions": [
            "one item after the other: a new code after an upgrade of the catalogue",
            "items of nearly one price",
            "a code for everything: cannot judge",
        ],
        "exclusions_zh": [
            "前后衔接的项目：目录升级后的新编码",
            "价格相近的项目",
            "通用编码：无法判定",
        ],
        "limits": "Packs of one drug bought from several makers may share a till code. Which of the items was handed"
        " over is seen in the purchase papers.",
        "limits_zh": "同一药品购自多个厂家的包装可能共用收银编码。实际发出哪一种，以购进票据为准。",
    }
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """Hits are the lines of the dearer items. Units are own codes at institutions."""
    _judged.empty(con)
    con.execute(_CODES, {"min_lines": params["min_lines"]})
    con.execute(_HITS, {k: params[k] for k in ("min_ratio", "min_overlap", "max_items", "min_excess")})
    hits = _judged.number(con, "select count(*) from price_hit")
    _prices.lines(con, "l.institution_item_code", "own_code")
    many = f"select count(*) from price_code where items > {int(params['max_items'])}"
    broad = _judged.number(con, many)
    codes = _judged.number(con, "select count(*) from price_code")
    _judged.count(con, codes - broad - hits, {"the own code stands for everything": broad})
    _judged.drop(con, "price_")


#: overlap: the days two items in succession of their first day are billed side by side, the longest of the code.
_CODES = """
    create or replace temp table price_code as
    with item as (
        select institution_id, institution_item_code as own_code, item_code, any_value(item_name) as item_name,
            count(*) as lines, min(charged_on) as first_on, max(charged_on) as last_on,
            median(cast(unit_price as double)) as price, sum(eligible_amount) as eligible_amount
        from feature.fee_line
        where institution_item_code is not null and institution_id is not null and unit_price > 0
        group by all
    ),
    beside as (
        select *, lag(last_on) over (
                partition by institution_id, own_code order by first_on, item_code
            ) as last_before
        from item where lines >= $min_lines
    )
    select institution_id, own_code, count(*) as items,
        max(case when last_before is not null then date_diff('day', first_on, least(last_on, last_before)) end)
            as overlap, min(price) as cheap_price,
        arg_min(item_name, (price, item_code)) as cheap_name, max(price) as dear_price,
        sum(eligible_amount) as eligible_amount,
        sum(cast(cast(eligible_amount as double) * (1 - cheap / price) as decimal(16, 2))) as excess
    from (select *, min(price) over (partition by institution_id, own_code) as cheap from beside)
    group by institution_id, own_code
"""

_HITS = """
    create or replace temp table price_hit as
    select institution_id, own_code, cheap_price as allowed, cheap_price * $min_ratio - 0.000001 as above,
        cast(null as date) as from_on, own_code as part, 0.75 as weight,
        to_json(struct_pack(own_code := own_code, items := items, cheap_name := cheap_name,
            cheap_price := round(cheap_price, 2), overlap := overlap)) as facts
    from price_code
    where items between 2 and $max_items and overlap >= $min_overlap and dear_price >= $min_ratio * cheap_price
        and excess >= $min_excess
"""
