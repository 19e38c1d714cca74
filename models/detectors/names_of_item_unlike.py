"""Items whose name in the institution's own catalogue has nothing in common with the national name billed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from models import card
from models.detectors import _judged

PARTS = ("models.detectors._judged",)

CARD = card.make(
    {
        "title": "Own item name unlike the item billed",
        "title_zh": "院内（店内）项目名称与医保目录名称明显不符（疑似串换）",
        "violation": "substitution",
        "family": "substitution",
        "subjects": ["institution", "pharmacy"],
        "certainty": "suspected",
        "sentence": "What the institution calls {own_name} was billed as {item_name}{resembles}: {amount} yuan"
        " (lines of this name: {lines})",
        "sentence_zh": "机构自有目录名称为“{own_name}”，按“{item_name}”结算{resembles_zh}，{amount}元"
        "（该名称共{lines}条）",
        "basis": [
            "《医疗保障基金使用监督管理条例》第三十八条第（四）项：串换药品、医用耗材、诊疗项目和服务设施",
            "筛查模型 D08 串换线索（名称不符）；定点零售药店自查自纠问题清单（2025年版）7、8",
        ],
        "window": "line",
        "needs": ["record.fee_line.institution_item_name", "record.fee_line.item_name"],
        "params": {
            "max_likeness": {
                "value": 0.5,
                "unit": "share",
                "meaning": "Jaro-Winkler likeness from which names are alike",
            },
            "twin_likeness": {
                "value": 0.85,
                "unit": "share",
                "meaning": "likeness that says it is another item's name",
            },
            "max_unlike": {
                "value": 0.2,
                "unit": "share",
                "meaning": "of an institution's names; beyond it names are of another kind: cannot judge",
            },
            "max_users": {"value": 1, "unit": "institutions", "meaning": "that use the pair; more: a common alias"},
        },
        "exclusions": [
            "names that share two characters in a row with the national or the trade name",
            "brands, packs and brackets beside the name",
            "names without two Chinese characters: codes and abbreviations",
            "a pair of names that several institutions use: a common alias",
            "an institution most of whose names are unlike: cannot judge",
            "medical services: their everyday names differ too much",
        ],
        "exclusions_zh": [
            "与国家名称或商品名有连续两字相同",
            "名称旁的品牌、包装和括号内容",
            "不足两个汉字的名称：编码和缩写",
            "多家机构共用的名称对：通用别名",
            "多数名称均不相近的机构：无法判定",
            "医疗服务项目：日常名称差异过大",
        ],
        "limits": "A wrong match in the catalogue looks alike; where nearly all lines of a code are so, the data clerk"
        " is asked first. Goods sold under the drug's own name are not seen here.",
        "limits_zh": "目录对照错误也会呈现相同情形；某编码几乎全部如此的，应先询问数据维护人员。"
        "以药品本名销售其他商品，此处看不到。",
    }
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """One hit a line. Units are names of items at institutions."""
    _judged.empty(con)
    con.execute(_NAMES)
    con.execute(_ALIKE, {k: params[k] for k in ("max_likeness", "max_users", "max_unlike")})
    con.execute(_TWIN, {"twin_likeness": params["twin_likeness"]})
    con.execute(_JUDGED)
    reason = "the institution's names are of another kind"
    counted = con.sql(
        "select count(*) filter (where is_hit), count(*) filter (where is_foreign) from name_rated"
    ).fetchall()[0]
    named = _judged.number(con, "select count(*) from name_rated")
    _judged.count(con, named - counted[0] - counted[1], {reason: counted[1]})
    _judged.drop(con, "name_")


_NAMES = r"""
    create or replace temp table name_pair as
    select l.institution_id, l.item_code, l.item_name, l.institution_item_name as own_name, count(*) as lines,
        any_value(d.trade_name) as trade_name
    from feature.fee_line as l
    left join feature.drug_product as d on d.product_code = l.item_code
    where l.institution_item_name is not null and l.item_name is not null and l.institution_id is not null
        and not starts_with(l.item_code, '0') and coalesce(l.catalogue_type, '101') <> '201'
    group by l.institution_id, l.item_code, l.item_name, l.institution_item_name
"""

_ALIKE = r"""
    create or replace temp table name_rated as
    with spelt as (
        select distinct item_name, own_name, trade_name,
            regexp_replace(upper(item_name), '[（(\[【].*?[)）\]】]|\s', '', 'g') as national,
            regexp_replace(upper(own_name), '[（(\[【].*?[)）\]】]|\s', '', 'g') as own,
            regexp_replace(upper(coalesce(trade_name, '')), '[（(\[【].*?[)）\]】]|\s', '', 'g') as trade
        from name_pair
    ),
    measured as (
        select item_name, own_name, trade_name, regexp_matches(own_name, '[\x{4e00}-\x{9fff}]{2}') as is_words,
            list_has_any(
                [substr(own, i, 2) for i in range(1, length(own))],
                [substr(national, i, 2) for i in range(1, length(national))]
                    || [substr(trade, i, 2) for i in range(1, length(trade))]
            ) as shares_pair,
            list_max([
                greatest(jaro_winkler_similarity(piece, national), jaro_winkler_similarity(piece, trade))
                for piece in regexp_split_to_array(own, '[/、,，;；+_\-*·]')
            ]) as likeness
        from spelt
    ),
    judged_pair as (
        select p.*, m.is_words, m.is_words and not coalesce(m.shares_pair, false)
                and coalesce(m.likeness, 0) < $max_likeness
                and count(*) over (partition by p.item_code, p.own_name) <= $max_users as is_unlike
        from name_pair as p
        join measured as m on m.item_name = p.item_name and m.own_name = p.own_name
            and m.trade_name is not distinct from p.trade_name
    ),
    of_place as (
        select institution_id, avg(cast(is_unlike as integer)) > $max_unlike and count(*) >= 5 as is_foreign
        from judged_pair group by institution_id
    )
    select j.*, j.is_unlike and o.is_foreign as is_foreign, j.is_unlike and not o.is_foreign as is_hit
    from judged_pair as j join of_place as o using (institution_id)
"""

#: The name of another item of the record, where the own name is nearly that.
_TWIN = r"""
    create or replace temp table name_twin as
    with known as (select distinct item_name from name_pair),
    asked as (
        select distinct own_name, item_name, regexp_replace(own_name, '[（(\[【].*?[)）\]】]|\s', '', 'g') as own
        from name_rated where is_hit
    )
    select a.own_name, a.item_name, arg_max(k.item_name, (
            round(jaro_winkler_similarity(a.own, k.item_name), 6), k.item_name
        )) as twin
    from asked as a
    join known as k on k.item_name <> a.item_name and jaro_winkler_similarity(a.own, k.item_name) >= $twin_likeness
    group by a.own_name, a.item_name
"""

_JUDGED = """
    insert into judged by name
    select 'hit' as outcome, l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id,
        l.practitioner_id, l.charged_on as occurred_on, l.eligible_amount as amount,
        cast(to_json(struct_pack(own_name := r.own_name, item_name := r.item_name, lines := r.lines,
            resembles := coalesce(', which is nearly the name of ' || t.twin, ''),
            resembles_zh := coalesce('，与“' || t.twin || '”近似', '')
        )) as varchar) as detail,
        0.9 as weight,
        cast(row_number() over (
            partition by l.institution_id, l.item_code, l.institution_item_name
            order by l.charged_on, l.settlement_id, l.line_id
        ) = 1 as bigint) as units
    from feature.fee_line as l
    join name_rated as r on r.is_hit and r.institution_id = l.institution_id and r.item_code = l.item_code
        and r.item_name = l.item_name and r.own_name = l.institution_item_name
    left join name_twin as t on t.own_name = r.own_name and t.item_name = r.item_name
    where l.eligible_amount > 0
"""
