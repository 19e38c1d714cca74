"""Institutions that use the dear makers of a drug far more than the others do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from models import card
from models.detectors import _drugs, _judged, _prices

PARTS = ("models.detectors._drugs", "models.detectors._prices", "models.detectors._judged")

CARD = card.make(
    {
        "title": "Dear makers of a drug preferred",
        "title_zh": "同通用名同规格药品偏好使用高价厂家",
        "violation": "dear_makers",
        "family": "price",
        "subjects": ["institution", "pharmacy"],
        "certainty": "suspected",
        "sentence": "{item_name}: {own} yuan a piece here over {makers} makers, {usual} at {others} others of the kind"
        " ({ratio} times), {amount} yuan more over {lines} lines",
        "sentence_zh": "“{item_name}”（{makers}个厂家）本机构每最小单位均价{own}元，同类{others}家中位{usual}元，"
        "为其{ratio}倍，{lines}条共多{amount}元",
        "basis": [
            "《医疗保障基金使用监督管理条例》第二十五条：依数据监控确定检查重点",
            "筛查模型 D07 价格比对（不同厂家）",
        ],
        "window": "the whole delivered window",
        "needs": ["record.fee_line.unit_price", "record.fee_line.specification"],
        "params": {
            "min_ratio": {"value": 1.5, "unit": "x", "meaning": "least ratio to the others' mean price"},
            "min_z": {"value": 3.0, "unit": "robust z", "meaning": "least distance on the logarithm"},
            "min_peers": {"value": 5, "unit": "others", "meaning": "least others of the kind with the drug"},
            "min_lines": {"value": 20, "unit": "lines", "meaning": "least lines of the drug here"},
            "min_excess": {"value": 500, "unit": "yuan", "meaning": "least excess of the drug here"},
        },
        "exclusions": [
            "drugs bought in volume: the selected product's share says it better",
            "other contents, volumes and dosage forms: not one drug here",
            "a specification that cannot be read: cannot judge",
            "drugs of one maker in the record: nothing to prefer",
        ],
        "exclusions_zh": [
            "集采药品：以中选品占比判断更合适",
            "不同含量、容积、剂型：不视为同一药品",
            "规格无法识别：无法判定",
            "数据中仅一个厂家的药品：无从偏好",
        ],
        "limits": "Original and copied drugs are of one generic name; doctors may have grounds. The amount is the"
        " excess over the others' mean price, an order of size and no demand.",
        "limits_zh": "原研药与仿制药通用名相同，医师可能有其理由。金额为高于同类平均价的部分，仅为量级参考，"
        "非追回要求。",
        "status": "trial",
    }
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """One hit a drug and institution. Units are drugs (generic, form, content) at institutions."""
    _judged.empty(con)
    _drugs.packs(con)
    con.execute(_MEAN)
    seen = _prices.others("price_mean", "is_pharmacy, drug_key", "own")
    con.execute("create or replace temp table price_seen as" + seen)
    con.execute(_JUDGED, dict(params))
    hits = _judged.number(con, "select count(*) from judged")
    cannot = {
        "the specification cannot be read": "select count(*) from feature.drug_price as d join drug_pack as p"
        " on p.product_code = d.product_code where not p.is_read",
        "too few others with the drug": f"select count(*) from price_seen where others < {int(params['min_peers'])}",
    }
    counts = {reason: _judged.number(con, query) for reason, query in cannot.items()}
    few = counts["too few others with the drug"]
    _judged.count(con, _judged.number(con, "select count(*) from price_seen") - few - hits, counts)
    _judged.drop(con, "price_")
    _judged.drop(con, "drug_pack")


_MEAN = """
    create or replace temp table price_mean as
    with keyed as (
        select *, concat_ws('|', generic_key, form_key, coalesce(round(strength, 6), 0), strength_unit,
                coalesce(volume, 0), rest) as drug_key
        from drug_pack where is_read
    ),
    bought as (
        select k.generic_key, k.form_key from keyed as k
        where k.product_code in (select catalogue_code from record.procurement_drug)
    ),
    several as (
        select drug_key, count(distinct maker_key) as makers, min(item_name) as item_name from keyed
        where not exists (
            select 1 from bought as b where b.generic_key = keyed.generic_key and b.form_key = keyed.form_key
        )
        group by drug_key having count(distinct maker_key) > 1
    )
    select d.institution_id, d.is_pharmacy, k.drug_key, any_value(s.item_name) as item_name,
        any_value(s.makers) as makers, sum(d.lines) as lines, sum(d.eligible_amount) as eligible_amount,
        cast(sum(d.amount) as double)
            / sum(cast(round(cast(d.quantity as double) * k.pieces, 4) as decimal(28, 4))) as own
    from feature.drug_price as d
    join keyed as k on k.product_code = d.product_code
    join several as s on s.drug_key = k.drug_key
    group by d.institution_id, d.is_pharmacy, k.drug_key
"""

_JUDGED = """
    insert into judged by name
    select 'hit' as outcome, institution_id,
        cast(cast(eligible_amount as double) * (1 - usual / own) as decimal(16, 2)) as amount,
        cast(to_json(struct_pack(item_name := item_name, makers := makers, own := round(own, 4),
            usual := round(usual, 4), ratio := round(own / usual, 2), others := others, lines := lines
        )) as varchar) as detail,
        drug_key as part, round(1 - 0.5 * pow(2, -(own / usual - $min_ratio)), 4) as weight, 1 as units
    from price_seen
    where others >= $min_peers and lines >= $min_lines and own >= $min_ratio * usual
        and ln(own / usual) >= $min_z * greatest(spread, 0.05)
        and cast(eligible_amount as double) * (1 - usual / own) >= $min_excess
"""
