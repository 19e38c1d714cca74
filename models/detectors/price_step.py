"""Items whose price at one institution steps up from one month on, where the peers' prices do not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from models import card
from models.detectors import _judged, _prices

PARTS = ("models.detectors._prices", "models.detectors._judged")

CARD = card.make(
    {
        "title": "Price steps up from one month on",
        "title_zh": "项目价格自某月起上调（同类机构未见）",
        "violation": "price_step",
        "family": "price",
        "subjects": ["institution", "pharmacy"],
        "certainty": "suspected",
        "sentence": "{item_name} costs {ratio} times as much here from {month} on as before and as the peers' course"
        " gives ({months_before} months before, {months_after} after; {together} items here step in that month):"
        " {unit_price} yuan against {usual}, {amount} yuan above on this line",
        "sentence_zh": "“{item_name}”自{month}起单价为此前（并按同类走势）的{ratio}倍（前{months_before}个月、后"
        "{months_after}个月，本机构该月共{together}项上调），本条单价{unit_price}元，参照{usual}元，高出{amount}元",
        "basis": [
            "《医疗保障基金使用监督管理条例》第二十五条：依数据监控确定检查重点",
            "筛查模型 D06 增长异常/变点、D07 价格比对",
        ],
        "window": "the whole delivered window, by month",
        "needs": ["record.fee_line.unit_price"],
        "params": {
            "min_ratio": {"value": 1.2, "unit": "x", "meaning": "least ratio of after to before"},
            "max_ratio": {"value": 5.0, "unit": "x", "meaning": "beyond it the units changed: cannot judge"},
            "min_before": {"value": 3, "unit": "months", "meaning": "least months with the item before"},
            "min_after": {"value": 2, "unit": "months", "meaning": "least months with the item after"},
            "min_peers": {"value": 5, "unit": "institutions", "meaning": "least ones of the kind in a month"},
            "min_excess": {"value": 200, "unit": "yuan", "meaning": "least excess of the item after the step"},
        },
        "exclusions": [
            "months in which too few of the kind use the item: left out",
            "what the peers' prices do in the same months: catalogue, procurement, season",
            "prices that go back and forth: every month after must lie above every month before",
            "a change by whole packs and pieces: cannot judge",
        ],
        "exclusions_zh": [
            "同类使用该项目过少的月份：剔除",
            "同类同月价格同样变化：目录、采购、季节",
            "反复升降的价格：此后每月须高于此前每月",
            "整盒与拆零的变化：无法判定",
        ],
        "limits": "A new manufacturer's price under the same code, or a better room under the same bed code, looks"
        " alike. The month's price is the median of its lines. Slow drift without a step is not looked for.",
        "limits_zh": "同一编码下新厂家的价格、同一床位编码下更好的病房也会呈现相同情形。月价格取明细中位数。"
        "无阶跃的缓慢变化不判断。",
    }
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """Hits are the lines after the step above the price before it. Units are items at institutions."""
    _judged.empty(con)
    con.execute(_PATH, {"min_peers": params["min_peers"]})
    con.execute(_STEP, {k: params[k] for k in ("min_before", "min_after")})
    con.execute(_HITS, {k: params[k] for k in ("min_ratio", "max_ratio", "min_excess")})
    hits = _judged.number(con, "select count(*) from price_hit")
    _prices.lines(con, "l.item_code", "item_code")
    least = int(params["min_before"]) + int(params["min_after"])
    long = (
        f"select count(*) from (select 1 from price_path group by institution_id, item_code having count(*) >= {least})"
    )
    every = "select count(*) from (select distinct institution_id, item_code from feature.item_price_month)"
    units = _judged.number(con, f"select count(*) from price_step where ratio > {float(params['max_ratio'])}")
    judged = _judged.number(con, long)
    short = _judged.number(con, every) - judged
    _judged.count(con, judged - units - hits, {"too few months or peers": short, "the unit changed": units})
    _judged.drop(con, "price_")


#: rel is the logarithm of the month's price less the series' own median and less what the peers' did on that scale.
_PATH = """
    create or replace temp table price_path as
    with month_of as (
        select institution_id, item_code, coalesce(is_pharmacy, false) as is_pharmacy, month, eligible_amount,
            ln(median_price) as level, ln(median_price) - median(ln(median_price)) over (
                partition by institution_id, item_code
            ) as own
        from feature.item_price_month where median_price > 0
    ),
    peers as (
        select item_code, is_pharmacy, month, median(own) as usual from month_of
        group by all having count(*) >= $min_peers
    )
    select m.*, p.usual, round(m.own - p.usual, 6) as rel
    from month_of as m join peers as p using (item_code, is_pharmacy, month)
"""

_STEP = """
    create or replace temp table price_step as
    with placed as (
        select *, row_number() over w as place, count(*) over (partition by institution_id, item_code) as months,
            max(rel) over (w rows between unbounded preceding and 1 preceding) as highest_before,
            min(rel) over (w rows between current row and unbounded following) as lowest_after,
            avg(rel) over (w rows between unbounded preceding and 1 preceding) as before,
            avg(rel) over (w rows between current row and unbounded following) as after,
            avg(level) over (w rows between unbounded preceding and 1 preceding) as level_before,
            avg(usual) over (w rows between unbounded preceding and 1 preceding) as usual_before,
            avg(usual) over (w rows between current row and unbounded following) as usual_after,
            sum(eligible_amount) over (w rows between current row and unbounded following) as money_after
        from price_path
        window w as (partition by institution_id, item_code order by month)
    )
    select institution_id, item_code, month, place - 1 as months_before, months - place + 1 as months_after,
        round(exp(after - before), 4) as ratio, money_after,
        round(exp(level_before + usual_after - usual_before), 4) as usual
    from placed
    where place > $min_before and months - place + 1 >= $min_after and lowest_after > highest_before + 0.02
    qualify row_number() over (
        partition by institution_id, item_code order by round(after - before, 6) desc, month
    ) = 1
"""

_HITS = """
    create or replace temp table price_hit as
    with hit as (
        select *, count(*) over (partition by institution_id, month) as together
        from price_step
        where ratio between $min_ratio and $max_ratio and cast(money_after as double) * (1 - 1 / ratio) >= $min_excess
    )
    select institution_id, item_code, usual as allowed, usual * sqrt(ratio) as above, month as from_on,
        item_code as part, round(1 - 0.5 * pow(2, -(together - 1) / 2.0), 4) as weight,
        to_json(struct_pack(month := strftime(month, '%Y-%m'), ratio := round(ratio, 2), usual := round(usual, 2),
            months_before := months_before, months_after := months_after, together := together)) as facts
    from hit
"""
