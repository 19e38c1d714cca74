"""Nursing of several grades that together is charged for more days than the stay has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from models import card

CARD = card.make(
    {
        "title": "Nursing of all grades over the days of the stay",
        "title_zh": "各级护理合计天数超住院天数",
        "violation": "over_frequency",
        "family": "overcharge",
        "subjects": ["institution"],
        "certainty": "suspected",
        "scope": ["inpatient"],
        "sentence": "Nursing of {grades} grades ({item_text}) was charged for {days} days in all of a stay of {nights}"
        " nights begun on {occurred_on}: {over} days more than the stay and its day of discharge have",
        "sentence_zh": "{occurred_on}入院，住院{nights}天，{grades}个等级护理（{item_text}）合计收{days}天，"
        "超出住院天数{over}天，涉及{amount}元",
        "basis": [
            "《医疗保障基金使用监督管理条例》第三十八条第（三）项：重复收费、超标准收费",
            "筛查模型 B14 床日/护理/诊查/监护数量超住院天数或24小时",
        ],
        "window": "stay",
        "needs": ["record.fee_line.quantity", "record.encounter.ended_at"],
        "params": {
            "extra_days": {"value": 1, "unit": "days", "meaning": "beyond the nights: the day of discharge"},
            "changes": {
                "value": 1,
                "unit": "days a change",
                "meaning": "both grades may be charged on the day of a change, for each grade beyond the first",
            },
            "nursing": {"value": "级护理", "meaning": "what the names of nursing by grade have in common"},
            "hourly": {"value": "特级|特护|小时", "meaning": "names of nursing that is charged by the hour"},
        },
        "exclusions": [
            "one grade alone (another rule)",
            "nursing by the hour",
            "the day of a change of grade, and the day of discharge",
            "bulk posting: the whole stay is counted, not the day",
            "still in hospital: cannot judge",
        ],
        "exclusions_zh": [
            "仅一个等级（由床位护理超天数规则判断）",
            "按小时计费的护理",
            "变更护理等级当日及出院日",
            "集中记账：按整次住院合计，不按单日计算",
            "尚在住院：无法判定",
        ],
        "limits": "Where an area charges intensive care and grade nursing apart, both may stand: check the price list.",
        "limits_zh": "当地重症监护与分级护理分别收费的，两者可并存，应查阅价格项目目录。",
    }
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """One hit a stay, with the days beyond at the cheapest grade's price. Units are stays with nursing."""
    con.execute(_JUDGED, dict(params))


_JUDGED = """
    create or replace temp table judged as
    with graded as (
        select l.encounter_id, l.item_code, min(l.item_name) as item_name, sum(l.quantity) as days,
            sum(l.eligible_amount) as amount
        from feature.fee_line as l
        where l.care_setting = 'inpatient' and l.fee_category = '07' and contains(l.item_name, $nursing)
            and not regexp_matches(l.item_name, $hourly) and l.quantity > 0
        group by l.encounter_id, l.item_code
    ),
    stay as (
        select g.encounter_id, count(*) as grades, sum(g.days) as days, sum(g.amount) as amount,
            min(g.amount / g.days) as price,
            string_agg(g.item_name || '×' || format('{:g}', cast(g.days as double)), '、' order by g.item_code)
                as item_text
        from graded as g
        group by g.encounter_id
    ),
    judged_stay as (
        select t.*, s.person_id, s.institution_id, s.started_on, s.days as nights,
            t.days - s.days - $extra_days - $changes * (t.grades - 1) as over
        from stay as t
        join feature.stay as s on s.encounter_id = t.encounter_id
    ),
    paid as (
        select encounter_id, min(settlement_id) as settlement_id from feature.settlement
        where encounter_id is not null group by encounter_id
    )
    select case when j.nights is null then 'cannot_judge' when j.grades > 1 and j.over > 0 then 'hit' else 'clear' end
            as outcome,
        case when j.nights is null then 'still in hospital' end as reason, p.settlement_id,
        cast(null as varchar) as line_id, j.encounter_id, j.person_id, j.institution_id,
        cast(null as varchar) as practitioner_id, j.started_on as occurred_on,
        cast(least(j.over * j.price, j.amount) as decimal(16, 2)) as amount,
        cast(to_json(struct_pack(grades := j.grades, item_text := j.item_text, days := cast(j.days as double),
            nights := j.nights, over := cast(j.over as double), occurred_on := j.started_on)) as varchar) as detail,
        cast(null as varchar) as part, cast(1 as double) as weight, cast(null as varchar) as group_key,
        cast(1 as bigint) as units
    from judged_stay as j
    join paid as p on p.encounter_id = j.encounter_id
"""
