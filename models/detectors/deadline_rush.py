"""Places whose outpatient and drugstore money leaps in the month before a deadline, where their peers' does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from models import card
from models.detectors import _judged

PARTS = ("models.detectors._judged",)

CARD = card.make(
    {
        "title": "A leap in the month before a deadline",
        "title_zh": "年底、政策切换前突击消费",
        "violation": "deadline_rush",
        "family": "growth",
        "subjects": ["institution", "pharmacy"],
        "certainty": "suspected",
        "sentence": "{month}: {own} yuan outside hospital stays where {expected} would be usual after its own months"
        " and {peers} peers' course that month: {ratio} times, {excess} yuan more, {persons} persons; its other months"
        " stray by {spread}%",
        "sentence_zh": "{month}门诊购药费用{own}元，"
        "按本机构各月水平及同类{peers}家当月走势应为{expected}元，为其{ratio}倍，"
        "多{excess}元，涉及{persons}人；其余月份波动约{spread}%",
        "basis": [
            "《医疗保障基金使用监督管理条例》第二十五条：依数据监控确定检查重点",
            "筛查模型 C07 年底、政策切换前突击消费；定点零售药店自查自纠问题清单 3、15",
        ],
        "scope": ["outpatient", "chronic", "drugstore"],
        "window": "month, over the delivered window",
        "needs": ["record.settlement.settled_at"],
        "params": {
            "months": {
                "value": "12",
                "meaning": "deadlines: calendar months that end a benefit year, or months such as 2025-06"
                " before a new"
                " policy, joined by blanks",
            },
            "min_ratio": {"value": 2.0, "unit": "x", "meaning": "least ratio of the month to what was expected"},
            "min_excess": {"value": 3000, "unit": "yuan", "meaning": "least money above it"},
            "min_z": {"value": 4.0, "unit": "robust z", "meaning": "least distance from the place's other months"},
            "min_months": {"value": 6, "unit": "months", "meaning": "with business beside the deadline month"},
            "min_settlements": {"value": 15, "unit": "a month", "meaning": "fewer in the median month: not judged"},
            "min_peers": {"value": 5, "unit": "places", "meaning": "fewer with the same months: a wider group"},
        },
        "exclusions": [
            "what the peers' month does as well: epidemics, holidays, policies for all",
            "months that the delivery holds in part",
            "places that began in the window; one dear bill: the excess must come from many settlements",
            "hospital stays",
        ],
        "exclusions_zh": [
            "同类机构当月同样上升：流行病、节假日、普遍政策",
            "数据不完整的月份",
            "数据期内新开业的机构；单笔高额：超出须来自多笔结算",
            "住院",
        ],
        "limits": "A neighbour that closed and a sale look the same. A rush that lasts is the growth detector's.",
        "limits_zh": "邻近机构停业、促销也会呈现相同情形。持续增长由业务量突增模型判断。",
    }
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """At most one hit a place and deadline month. Units are places and deadline months."""
    _judged.empty(con)
    _judged.script(con, _MONTHS, params)
    _judged.script(con, _RUSH, params)
    hits = _judged.number(con, "select count(*) from judged")
    able = _judged.number(con, "select count(*) from rush_scored")
    few = _judged.number(
        con, "select count(*) from rush_month where is_deadline and (institution_id, month) not in"
        " (select (institution_id, month) from rush_scored)",
    )  # fmt: skip
    _judged.count(con, able - hits, {"too few months, settlements or peers": few})
    _judged.drop(con, "rush_")


_MONTHS = """
    create or replace temp table rush_month as
    select b.institution_id, b.month, count(*) as settlements, count(distinct b.person_id) as persons,
        cast(sum(b.eligible_amount) as double) as amount, cast(max(b.eligible_amount) as double) as largest,
        list_contains(string_split($months, ' '), cast(month(b.month) as varchar))
            or list_contains(string_split($months, ' '), strftime(b.month, '%Y-%m')) as is_deadline
    from feature.visit_bill as b
    cross join feature.delivery_span as s
    where b.care_setting in ('outpatient', 'chronic', 'drugstore') and b.institution_id is not null
        and b.month + interval 3 day >= s.first_on and b.month + interval 1 month - interval 4 day <= s.last_on
    group by b.institution_id, b.month
    having sum(b.eligible_amount) > 0
"""

_RUSH = """
    create or replace temp table rush_own as
    select m.institution_id, median(ln(m.amount)) filter (not m.is_deadline) as usual,
        median(m.settlements) as settlements, count(*) filter (not m.is_deadline) as months
    from rush_month as m group by m.institution_id;
    create or replace temp table rush_level as
    select m.*, o.usual, ln(m.amount) - o.usual as level, g.key_1, g.key_2, g.key_3, g.key_4, g.breadth
    from rush_month as m
    join rush_own as o on o.institution_id = m.institution_id
    join feature.institution_peer_group as g on g.institution_id = m.institution_id
    where o.months >= $min_months and o.settlements >= $min_settlements;
    create or replace temp table rush_peer as
    with grouped as (
        select month, key_1 as key, median(level) as course, count(*) as places from rush_level group by 1, 2
        union select month, key_2, median(level), count(*) from rush_level group by 1, 2
        union select month, key_3, median(level), count(*) from rush_level group by 1, 2
        union select month, key_4, median(level), count(*) from rush_level group by 1, 2
    )
    select l.*, g.course, g.places - 1 as peers
    from rush_level as l
    join grouped as g on g.month = l.month and g.places > $min_peers and g.key in (l.key_1, l.key_2, l.key_3, l.key_4)
    qualify row_number() over (partition by l.institution_id, l.month order by g.places, g.key) = 1;
    create or replace temp table rush_scored as
    with stray as (
        select institution_id, greatest(1.4826 * median(abs(level - course)), 0.1) as spread
        from rush_peer where not is_deadline group by institution_id
    )
    select p.*, s.spread, exp(p.usual + p.course) as expected, (p.level - p.course) / s.spread as z
    from rush_peer as p join stray as s on s.institution_id = p.institution_id
    where p.is_deadline;
    insert into judged by name
    select 'hit' as outcome, institution_id, month as occurred_on, cast(amount - expected as decimal(16, 2)) as amount,
        1 as units, strftime(month, '%Y-%m') as part, round(1 - 0.5 * pow(2, -(z - $min_z) / 3), 4) as weight,
        cast(to_json(struct_pack(month := strftime(month, '%Y-%m'), own := cast(amount as bigint),
            expected := cast(expected as bigint), ratio := round(amount / expected, 2),
            excess := cast(amount - expected as bigint), peers := peers, persons := persons, z := round(z, 2),
            spread := round(100 * spread, 0))) as varchar) as detail
    from rush_scored
    where z >= $min_z and amount >= $min_ratio * expected and amount - expected >= $min_excess
        and amount - largest >= $min_ratio * expected
"""
