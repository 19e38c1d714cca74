"""Private prices of a drug above the public ones, and public prices above the drugstores'."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from models import card
from models.detectors import _judged, _prices

PARTS = ("models.detectors._prices", "models.detectors._judged")

CARD = card.make(
    {
        "title": "Drug price above the public reference or the market",
        "title_zh": "药品价格高于公立机构支付标准（中位价）或高于市场价",
        "violation": "price_against_reference",
        "family": "price",
        "subjects": ["institution", "pharmacy"],
        "certainty": "suspected",
        "sentence": "{item_name} was charged at {unit_price} yuan; the reference is {usual} ({reference}):"
        " {amount} yuan above on this line",
        "sentence_zh": "“{item_name}”单价{unit_price}元，参照价{usual}元（{reference_zh}），本条高出{amount}元",
        "basis": [
            "《医疗保障基金使用监督管理条例》第二十五条：依数据监控确定检查重点",
            "筛查模型 D07 价格比对（民营高于公立支付标准、公立高于市场价）",
        ],
        "window": "the whole delivered window",
        "needs": ["record.fee_line.unit_price", "record.hospital.ownership"],
        "params": {
            "hospital_ratio": {"value": 1.15, "unit": "x", "meaning": "of a private institution to the reference"},
            "store_ratio": {"value": 1.3, "unit": "x", "meaning": "of a drugstore to the reference"},
            "public_ratio": {"value": 1.1, "unit": "x", "meaning": "of a public institution to the drugstores' median"},
            "max_ratio": {"value": 5.0, "unit": "x", "meaning": "beyond it the units differ: cannot judge"},
            "min_public": {"value": 3, "unit": "institutions", "meaning": "least public ones behind a median"},
            "min_stores": {"value": 5, "unit": "drugstores", "meaning": "least drugstores behind the market's median"},
            "min_excess": {"value": 50, "unit": "yuan", "meaning": "least excess of the drug here"},
            "level_1": {"value": "101", "meaning": "the area's code of limits for level 1"},
            "level_2": {"value": "102", "meaning": "the area's code of limits for level 2"},
            "level_3": {"value": "103", "meaning": "the area's code of limits for level 3"},
            "ungraded": {"value": "104", "meaning": "the area's code of limits without grade, and of drugstores"},
        },
        "exclusions": [
            "a payment standard delivered for the drug and level comes before any median",
            "too few public institutions, or drugstores, with the drug: cannot judge",
            "a price many times higher or lower: sold in other units, cannot judge",
            "ownership unknown: cannot judge",
            "what lay above a limit and was the person's own",
        ],
        "exclusions_zh": [
            "已提供该药该级别支付标准的，优先于任何中位价",
            "有该药的公立机构或药店过少：无法判定",
            "高出或低于数倍的价格：计价单位不同，无法判定",
            "所有制未知：无法判定",
            "超出限额且由个人承担的部分",
        ],
        "limits": "Private institutions and drugstores may set prices freely unless their agreement binds them to a"
        " standard: read the agreement first. Public institutions buy at the platform's price; where it is above the"
        " market the platform is the one to ask.",
        "limits_zh": "民营机构和药店可自主定价，协议约定执行支付标准的除外，应先查阅协议。公立机构按平台价采购，"
        "高于市场价的应向平台了解。",
        "status": "trial",
    }
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """Hits are the lines above the reference. Units are drugs at institutions."""
    _judged.empty(con)
    levels = ("level_1", "level_2", "level_3", "ungraded")
    con.execute(_SEEN, {k: params[k] for k in levels})
    con.execute(_REFERENCE, {k: params[k] for k in ("min_public", "min_stores")})
    ratios = ("hospital_ratio", "store_ratio", "public_ratio", "max_ratio", "min_excess")
    con.execute(_RATED, {k: params[k] for k in ratios})
    con.execute(_HITS)
    hits = _judged.number(con, "select count(*) from price_hit")
    _prices.lines(con)
    reasons = dict(con.sql("select reason, count(*) from price_rated where reason is not null group by 1").fetchall())
    rated = _judged.number(con, "select count(*) from price_rated where reason is null")
    _judged.count(con, rated - hits, reasons)
    _judged.drop(con, "price_")


_SEEN = """
    create or replace temp table price_seen as
    select d.*, i.institution_level as level, i.division,
        case when d.is_pharmacy then 'store' when i.ownership = '1' then 'public' when i.ownership = '2' then 'private'
        end as side,
        case
            when i.institution_level = 1 then $level_1 when i.institution_level = 2 then $level_2
            when i.institution_level = 3 then $level_3 else $ungraded
        end as limit_type
    from feature.drug_price as d join feature.institution as i on i.institution_id = d.institution_id
"""

#: What a price is held against: the payment standard of the level, else the public median of the level, else of all.
_REFERENCE = """
    create or replace temp table price_reference as
    with standard as (
        select s.institution_id, s.product_code, arg_max(cast(k.price_limit as double), (
                case when k.division is null then 0 when substr(k.division, 3, 4) = '0000' then 1
                    when substr(k.division, 5, 2) = '00' then 2 else 3 end,
                coalesce(k.valid_from, date '1900-01-01'), k.price_limit
            )) as price
        from price_seen as s
        join record.price_limit as k on k.item_code = s.product_code and k.price_limit > 0
            and coalesce(k.is_valid, true) and coalesce(k.limit_type, s.limit_type) = s.limit_type
            and coalesce(k.valid_from, s.last_on) <= s.last_on and coalesce(k.valid_to, s.last_on) >= s.last_on
            and (k.division is null or starts_with(s.division, regexp_replace(k.division, '(00)+$', '')))
        group by all
    ),
    levelled as (
        select product_code, level, median(price) as price from price_seen where side = 'public'
        group by all having count(*) >= $min_public
    ),
    every as (
        select product_code, median(price) as price from price_seen where side = 'public'
        group by all having count(*) >= $min_public
    ),
    market as (
        select product_code, median(price) as price from price_seen where side = 'store'
        group by all having count(*) >= $min_stores
    )
    select s.*,
        case
            when s.side = 'public' then m.price
            else coalesce(k.price, case when s.side = 'private' then l.price end, e.price)
        end as usual,
        case
            when s.side = 'public' then 'median of the drugstores'
            when k.price is not null then 'payment standard of the level'
            when s.side = 'private' and l.price is not null then 'median of the public institutions of the level'
            else 'median of the public institutions'
        end as reference,
        case
            when s.side = 'public' then '药店中位价'
            when k.price is not null then '本级支付标准'
            when s.side = 'private' and l.price is not null then '同级公立机构中位价'
            else '公立机构中位价'
        end as reference_zh
    from price_seen as s
    left join standard as k on k.institution_id = s.institution_id and k.product_code = s.product_code
    left join levelled as l on l.product_code = s.product_code and l.level is not distinct from s.level
    left join every as e on e.product_code = s.product_code
    left join market as m on m.product_code = s.product_code
"""

_RATED = """
    create or replace temp table price_rated as
    with asked as (
        select *, price / usual as ratio,
            case side when 'store' then $store_ratio when 'private' then $hospital_ratio else $public_ratio end as least
        from price_reference
    )
    select *,
        case
            when side is null then 'ownership unknown'
            when usual is null then 'too few to compare with'
            when ratio > $max_ratio or ratio * $max_ratio < 1 then 'the price is of another unit'
        end as reason,
        ratio >= least and cast(eligible_amount as double) * (1 - 1 / ratio) >= $min_excess as is_above
    from asked
"""

_HITS = """
    create or replace temp table price_hit as
    select institution_id, product_code, usual as allowed, usual as above, cast(null as date) as from_on,
        side || '|' || product_code as part, round(1 - 0.5 * pow(2, -(ratio - least) / 0.3), 4) as weight,
        to_json(struct_pack(product_code := product_code, usual := round(usual, 2), reference := reference,
            reference_zh := reference_zh, ratio := round(ratio, 2), price := round(price, 2))) as facts
    from price_rated where reason is null and is_above
"""
