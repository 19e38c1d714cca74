"""Covered items that jump at an institution in the month in which one that is not covered vanishes there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from models import card
from models.detectors import _judged, _prices

PARTS = ("models.detectors._prices", "models.detectors._judged")

CARD = card.make(
    {
        "title": "Covered item takes the place of one not covered",
        "title_zh": "自费项目消失同时医保项目突增（疑似串换）",
        "violation": "substitution",
        "family": "substitution",
        "subjects": ["institution", "pharmacy"],
        "certainty": "suspected",
        "sentence": "{item_name} rose from {before} to {after} yuan a month when {twin} (not covered, {twin_before}"
        " yuan a month) ended in {month}; {shared} % of its persons had had the other. This line: {amount} yuan",
        "sentence_zh": "{month}后自费项目“{twin}”（此前月均{twin_before}元）停止，“{item_name}”由月均{before}元"
        "升至{after}元，其{shared}%的人员此前用过前者，本条{amount}元",
        "basis": [
            "《医疗保障基金使用监督管理条例》第三十八条第（四）项：串换药品、医用耗材、诊疗项目和服务设施",
            "筛查模型 D08 串换线索（结构突变）",
        ],
        "window": "the whole delivered window, by month",
        "needs": ["record.fee_line.eligible_amount"],
        "params": {
            "min_months": {"value": 3, "unit": "months", "meaning": "least months of the item that is not covered"},
            "min_after": {"value": 2, "unit": "months", "meaning": "least months without it"},
            "min_money": {"value": 300, "unit": "yuan a month", "meaning": "least money of it while it was charged"},
            "min_growth": {"value": 2.0, "unit": "x", "meaning": "least growth of the covered item"},
            "max_elsewhere": {
                "value": 1.3,
                "unit": "x",
                "meaning": "growth at the others; more: not this place's doing",
            },
            "share_from": {"value": 0.5, "unit": "share", "meaning": "least gain, of what vanished"},
            "share_to": {"value": 2.0, "unit": "share", "meaning": "most gain, of what vanished"},
            "min_shared": {
                "value": 0.2,
                "unit": "share",
                "meaning": "least share of its persons who had had the other",
            },
        },
        "exclusions": [
            "an item that rises elsewhere as well",
            "gains far smaller or larger than what vanished",
            "other persons than before",
            "too few months on one side: not judged",
        ],
        "exclusions_zh": [
            "在其他机构同样上升的项目",
            "增长额远小于或远大于消失额",
            "使用人员与此前不同",
            "一侧月数过少：不作判断",
        ],
        "limits": "An item that became covered by a new catalogue, under a new code, looks alike: see its first day.",
        "limits_zh": "新目录以新编码将该项目纳入支付也会呈现相同情形，应看其首日。",
        "status": "trial",
    }
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """Hits are the covered item's lines after. Units are items not covered that ended at an institution."""
    _judged.empty(con)
    con.execute(_ENDED, {k: params[k] for k in ("min_months", "min_after", "min_money")})
    sides = ("min_growth", "max_elsewhere", "share_from", "share_to")
    con.execute(_PAIR, {k: params[k] for k in sides})
    con.execute(_HITS, {"min_shared": params["min_shared"]})
    ended = _judged.number(con, "select count(*) from price_ended")
    found = _judged.number(con, "select count(distinct (institution_id, twin_code)) from price_hit")
    _prices.lines(con, "l.item_code", "item_code")
    _judged.count(con, ended - found)
    _judged.drop(con, "price_")


_ENDED = """
    create or replace temp table price_ended as
    with span as (select min(month) as first_month, max(month) as last_month from feature.item_price_month)
    select m.institution_id, m.item_code as twin_code, max(m.item_name) as twin, max(m.month) as month,
        min(m.month) as since, cast(sum(m.amount) as double) as money,
        date_diff('month', min(s.first_month), max(m.month)) + 1 as months_before,
        date_diff('month', max(m.month), max(s.last_month)) as months_after
    from feature.item_price_month as m cross join span as s
    group by m.institution_id, m.item_code
    having sum(m.eligible_amount) = 0 and count(*) >= $min_months
        and date_diff('month', max(m.month), max(s.last_month)) >= $min_after
        and cast(sum(m.amount) as double) / (date_diff('month', min(s.first_month), max(m.month)) + 1) >= $min_money
"""

_PAIR = """
    create or replace temp table price_pair as
    with course as (
        select e.*, m.item_code, m.institution_id = e.institution_id as is_here,
            cast(m.amount as double) as amount, m.month > e.month as is_after
        from price_ended as e
        join feature.item_price_month as m on m.eligible_amount > 0 and m.item_code in (
            select o.item_code from feature.item_price_month as o where o.institution_id = e.institution_id
        )
    ),
    summed as (
        select institution_id, twin_code, item_code, any_value(twin) as twin, any_value(month) as month,
            any_value(money) / any_value(months_before) as twin_before,
            coalesce(sum(amount) filter (where is_here and not is_after), 0) / any_value(months_before) as before,
            coalesce(sum(amount) filter (where is_here and is_after), 0) / any_value(months_after) as after,
            coalesce(sum(amount) filter (where not is_here and not is_after), 0)
                / any_value(months_before) as else_before,
            coalesce(sum(amount) filter (where not is_here and is_after), 0) / any_value(months_after) as else_after
        from course group by institution_id, twin_code, item_code
    )
    select * from summed
    where after >= $min_growth * before and else_after <= $max_elsewhere * else_before
        and after - before between $share_from * twin_before and $share_to * twin_before
"""

_HITS = """
    create or replace temp table price_hit as
    with had as (
        select distinct p.institution_id, p.twin_code, l.person_id
        from price_ended as p
        join feature.fee_line as l on l.institution_id = p.institution_id and l.item_code = p.twin_code
    ),
    has as (
        select distinct p.institution_id, p.twin_code, p.item_code, l.person_id
        from price_pair as p
        join feature.fee_line as l on l.institution_id = p.institution_id and l.item_code = p.item_code
            and l.charged_on >= p.month + interval 1 month
    ),
    shared as (
        select h.institution_id, h.twin_code, h.item_code, avg(cast(d.person_id is not null as integer)) as share
        from has as h
        left join had as d on d.institution_id = h.institution_id and d.twin_code = h.twin_code
            and d.person_id = h.person_id
        group by all
    )
    select p.institution_id, p.item_code, p.twin_code, 0.0 as allowed, 0.0 as above,
        cast(p.month + interval 1 month as date) as from_on, p.twin_code || '|' || p.item_code as part,
        round(1 - 0.5 * pow(2, -s.share / 0.3), 4) as weight,
        to_json(struct_pack(twin := p.twin, month := strftime(p.month, '%Y-%m'), before := round(p.before),
            after := round(p.after), twin_before := round(p.twin_before), shared := round(100 * s.share))) as facts
    from price_pair as p join shared as s using (institution_id, twin_code, item_code)
    where s.share >= $min_shared
"""
