"""Persons of one institution whose visits or stays were billed with the same items in the same quantities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from models import card
from models.detectors import _bill_templates

PARTS = ("models.detectors._bill_templates",)

CARD = card.make(
    {
        "title": "Identical bills of several persons",
        "title_zh": "多人费用明细雷同（疑似套用模版）",
        "violation": "identical_bills",
        "family": "pattern",
        "subjects": ["institution", "practitioner"],
        "certainty": "suspected",
        "sentence": "{persons} persons were billed the same {items} items in the same quantities here"
        " ({diagnosis_text}), where {usual} would be usual; this settlement is of {occurred_on}: {item_text}",
        "sentence_zh": "本机构{persons}人费用明细完全相同（{items}个项目、数量一致，诊断{diagnosis_text}），"
        "参照同类机构及该诊断预期{usual}人；本次结算{occurred_on}：{item_text}",
        "basis": [
            "《医疗保障基金使用监督管理条例》第十五条、第三十八条、第四十条第（三）项：虚构医药服务项目",
            "筛查模型 B11 费用/病历雷同",
        ],
        "window": "the whole delivered window",
        "needs": ["record.fee_line"],
        "params": {
            "min_persons": {"value": 3, "unit": "persons", "meaning": "least persons with the same bill"},
            "min_chronic_persons": {
                "value": 6,
                "unit": "persons",
                "meaning": "the same with a chronic visit among the bills: regimens repeat",
            },
            "min_stay_items": {"value": 8, "unit": "items", "meaning": "least items of a stay's bill"},
            "min_visit_items": {"value": 5, "unit": "items", "meaning": "least items of a visit's bill"},
            "min_surprise": {
                "value": 5.0,
                "unit": "log",
                "meaning": "least surprise at so many persons, over the number of templates searched;"
                " 5 is about one false group in 150 runs",
            },
            "min_attending": {
                "value": 0.8,
                "unit": "share",
                "meaning": "least share of the bills that one practitioner signed to be named",
            },
        },
        "exclusions": [
            "dialysis, chemotherapy, radiotherapy, check-ups, vaccination, day surgery",
            "diagnoses treated in courses (admission exceptions)",
            "what peers bill as often, for all or for the diagnosis",
            "equal bills that the institution's usual items make by chance",
        ],
        "exclusions_zh": [
            "透析、化疗、放疗、体检、疫苗接种、日间手术",
            "分疗程治疗的诊断（住院例外表）",
            "同类机构总体或该诊断同样常见的组合",
            "本机构常用项目偶然形成的相同账单",
        ],
        "limits": "Only exactly equal bills: one changed quantity hides a stay. A package that only this"
        " institution sells, or one doctor's habit for one complaint, looks alike, and is spread over the year, so"
        " equal bills of neighbouring days weigh more: read the records.",
        "limits_zh": "仅看完全相同的账单，改动一个数量即可掩盖。仅本机构提供的套餐、"
        "某医师对某病的习惯也会呈现相同情形，且分散于全年，故相邻日期的雷同账单权重更高；应查阅病历。",
    }
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """One hit a settlement of a bill in a group. Units are visits and stays, hits settlements."""
    _bill_templates.bills(con)
    _bill_templates.groups(con, params)
    con.execute(
        _JUDGED,
        {k: params[k] for k in ("min_surprise", "min_attending", "min_stay_items", "min_visit_items")},
    )
    for table in ("bill_item", "bill", "bill_shared", "bill_group"):
        con.execute(f"drop table {table}")


_JUDGED = """
    create or replace temp table judged as
    with found as (
        select g.*, g.institution_id || '|' || g.template as name from bill_group as g
        where surprise >= $min_surprise and persons > usual
    ),
    named as (
        select item_code, min(item_name) as item_name from feature.fee_line
        where item_code in (select i.item_code from bill_item as i join found as f on f.example = i.encounter_id)
        group by item_code
    ),
    spelt as (
        select f.name, string_agg(
                coalesce(n.item_name, i.item_code) || '×' || format('{:g}', cast(i.quantity as double)),
                '、' order by i.item_code
            ) as item_text
        from found as f
        join bill_item as i on i.encounter_id = f.example
        left join named as n on n.item_code = i.item_code
        group by f.name
    ),
    signed as (
        select f.name, b.practitioner_id, count(*) as bills, max(f.bills) as all_bills
        from found as f
        join bill as b on b.institution_id = f.institution_id and b.is_stay = f.is_stay and b.template = f.template
        where b.practitioner_id is not null
        group by f.name, b.practitioner_id
        having count(*) >= $min_attending * max(f.bills)
    ),
    member as (
        select f.*, b.encounter_id, b.person_id, e.started_on, g.practitioner_id as attending, p.item_text,
            coalesce(max(e.principal_diagnosis_name) over (partition by f.name, f.diagnosis = b.diagnosis),
                f.diagnosis) as diagnosis_text
        from found as f
        join bill as b on b.institution_id = f.institution_id and b.is_stay = f.is_stay and b.template = f.template
        join feature.encounter as e on e.encounter_id = b.encounter_id
        join spelt as p on p.name = f.name
        left join signed as g on g.name = f.name and g.practitioner_id = b.practitioner_id
    ),
    spaced as (
        select name, least(
                date_diff('day', lag(started_on) over by_day, started_on),
                date_diff('day', started_on, lead(started_on) over by_day)
            ) <= 1 as is_near
        from member
        window by_day as (partition by name order by started_on, encounter_id)
    ),
    near as (
        select name, avg(cast(coalesce(is_near, false) as integer)) as near_share from spaced group by name
    ),
    row_of as (
        select m.*, d.near_share, s.settlement_id, s.settled_on, s.eligible_amount
        from member as m
        join near as d on d.name = m.name
        join feature.settlement as s on s.encounter_id = m.encounter_id
    ),
    unlined as (
        select count(*) as encounters from feature.encounter as e
        left join feature.institution as i on i.institution_id = e.institution_id
        where not coalesce(i.is_pharmacy, false)
            and not exists (select 1 from feature.fee_line as l where l.encounter_id = e.encounter_id)
    )
    select 'hit' as outcome, cast(null as varchar) as reason, settlement_id, cast(null as varchar) as line_id,
        encounter_id, person_id, institution_id, attending as practitioner_id, settled_on as occurred_on,
        eligible_amount as amount,
        cast(to_json(struct_pack(persons := persons, items := items, usual := round(usual, 1),
            diagnosis := diagnosis, diagnosis_text := diagnosis_text, by_peers := round(by_peers, 2),
            by_pathway := round(by_pathway, 2), by_chance := round(by_chance, 2), surprise := round(surprise, 1),
            template := left(template, 12), occurred_on := settled_on, item_text := item_text)) as varchar) as detail,
        left(template, 12) as part,
        round((1 - 0.5 * pow(2, -(surprise - $min_surprise) / 5)) * (0.4 + 0.6 * near_share), 4) as weight,
        cast(null as varchar) as group_key, cast(1 as bigint) as units
    from row_of
    union all
    select 'cannot_judge', 'the visit or stay has no fee lines', null, null, null, null, null, null, null, null, null,
        null, null, null, encounters from unlined where encounters > 0
    union all
    select 'clear', null, null, null, null, null, null, null, null, null, null, null, null, null, count(*)
    from bill
    where items >= case when is_stay then $min_stay_items else $min_visit_items end
        and encounter_id not in (select encounter_id from member)
    having count(*) > 0
"""
