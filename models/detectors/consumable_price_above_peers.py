"""Institutions that charge a consumable above what public institutions of their level charge in the same month."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from models import card
from models.detectors import _judged, _prices

PARTS = ("models.detectors._prices", "models.detectors._judged")

CARD = card.make(
    {
        "title": "Consumable dearer than at the peers",
        "title_zh": "同一编码医用耗材价格高于同级公立医疗机构",
        "violation": "price_above_peers",
        "family": "price",
        "subjects": ["institution"],
        "certainty": "suspected",
        "sentence": "{item_name} was charged at {unit_price} yuan; in {month} {others} {reference} charged {usual}"
        " ({ratio} times here, dear in {dear_months} of {months} months){maker}: {amount} yuan above on this line",
        "sentence_zh": "“{item_name}”单价{unit_price}元，{month}{others}家{reference_zh}中位价{usual}元，"
        "本机构为其{ratio}倍（{months}个月中{dear_months}个月偏高）{maker_zh}，本条高出{amount}元",
        "basis": [
            "《医疗保障基金使用监督管理条例》第二十五条：依数据监控确定检查重点",
            "《治理高值医用耗材改革方案》（国办发〔2019〕37号）：公立医疗机构取消医用耗材加成",
            "筛查模型 D07 价格比对（医用耗材）",
        ],
        "window": "month",
        "needs": ["record.fee_line.unit_price"],
        "params": {
            "min_ratio": {
                "value": 1.25,
                "unit": "x",
                "meaning": "least ratio to the peers' median; public institutions sell at what they paid",
            },
            "min_z": {
                "value": 3.0,
                "unit": "robust z",
                "meaning": "least distance on the logarithm, so that a code whose goods differ in price is none",
            },
            "max_ratio": {"value": 5.0, "unit": "x", "meaning": "beyond it the units differ: cannot judge"},
            "min_public": {"value": 3, "unit": "institutions", "meaning": "least public others with it in the month"},
            "min_peers": {"value": 5, "unit": "institutions", "meaning": "least others of the level, public or not"},
            "min_months": {"value": 2, "unit": "months", "meaning": "least dear months; one is a lot bought dear"},
            "min_excess": {"value": 100, "unit": "yuan", "meaning": "least excess of the consumable here"},
        },
        "exclusions": [
            "drugstores",
            "a code whose price differs as much among the peers",
            "one month alone: a lot bought dear",
            "too few institutions with the consumable in the month: cannot judge",
            "a price many times higher or lower: box and piece, cannot judge",
            "local codes: only the national code says that goods are the same",
            "what lay above a limit and was the person's own",
        ],
        "exclusions_zh": [
            "零售药店",
            "在同类机构间价格同样差异大的编码",
            "仅一个月偏高：个别批次进价高",
            "当月有该耗材的机构过少：无法判定",
            "高出或低于数倍的价格：盒与件之别，无法判定",
            "自编码：仅国家编码可认定为同一耗材",
            "超出限额且由个人承担的部分",
        ],
        "limits": "A code whose last five characters are zeros names no maker, so a better make looks like a dear one:"
        " compare maker and model on the invoice. Private institutions may set prices freely unless their agreement"
        " binds them. Peers of the level come first, then public institutions of any level, then the whole level.",
        "limits_zh": "末五位为零的编码不含生产企业，高端品牌与高价难以区分：须按采购发票核对厂家、型号。"
        "民营机构可自主定价，协议另有约定的除外。先与同级公立机构比较，其次各级公立机构，再次同级全部机构。",
    }
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """Hits are the lines above the peers' median of the month. Units are consumables at institutions in months."""
    _judged.empty(con)
    con.execute(_SEEN)
    con.execute(_POOL)
    con.execute(_BESIDE, {k: params[k] for k in ("min_public", "min_peers")})
    con.execute(_RATED, {k: params[k] for k in ("max_ratio", "min_ratio", "min_z")})
    con.execute(_HITS, {k: params[k] for k in ("min_months", "min_excess", "min_ratio")})
    hits = _judged.number(con, "select count(*) from price_hit")
    _prices.lines(con, "l.item_code || strftime(l.charged_on, '|%Y-%m')", "item_month")
    reasons = dict(con.sql("select reason, count(*) from price_rated where reason is not null group by 1").fetchall())
    rated = _judged.number(con, "select count(*) from price_rated where reason is null")
    _judged.count(con, rated - hits, reasons)
    _judged.drop(con, "price_")


#: A national consumable code is C and 19 characters (20 in some areas); its last five name the maker.
_SEEN = """
    create or replace temp table price_seen as
    select m.institution_id, m.item_code, m.month, m.median_price as price, m.eligible_amount,
        coalesce(cast(i.institution_level as varchar), '-') as level, coalesce(i.ownership = '1', false) as is_public
    from feature.item_price_month as m
    join feature.institution as i on i.institution_id = m.institution_id
    where regexp_matches(m.item_code, '^C[0-9]{19,20}$') and m.median_price > 0 and not coalesce(m.is_pharmacy, false)
"""

#: Whom a price is held against, the nearest first: prices in order, and how far they lie apart.
_POOL = """
    create or replace temp table price_pool as
    select 1 as pool, item_code, month, level, list(price order by price) as held,
        1.4826 * mad(ln(price)) as spread
    from price_seen where is_public group by item_code, month, level
    union all
    select 2, item_code, month, null, list(price order by price), 1.4826 * mad(ln(price))
    from price_seen where is_public group by item_code, month
    union all
    select 3, item_code, month, level, list(price order by price), 1.4826 * mad(ln(price))
    from price_seen group by item_code, month, level
"""

#: Without oneself: taking one's own price out of the ordered prices is taking out the first that equals it.
_BESIDE = """
    create or replace temp table price_beside as
    with asked as (
        select s.*, p.pool, p.held, p.spread, len(p.held) - own.is_in as others, own.place
        from price_seen as s
        join price_pool as p on p.item_code = s.item_code and p.month = s.month
                and coalesce(p.level, s.level) = s.level,
            lateral (
                select cast(s.is_public or p.pool = 3 as integer) as is_in,
                    case when s.is_public or p.pool = 3 then list_position(p.held, s.price) end as place
            ) as own
    ),
    nearest as (
        select *, row_number() over (partition by institution_id, item_code, month order by pool) as place_of_pool
        from asked where others >= case pool when 3 then $min_peers else $min_public end
    ),
    half as (
        select *, (others + 1) // 2 as low, others // 2 + 1 as high from nearest where place_of_pool = 1
    )
    select s.institution_id, s.item_code, s.month, s.price, s.eligible_amount, h.pool, h.others, h.spread,
        (h.held[h.low + cast(coalesce(h.low >= h.place, false) as integer)]
            + h.held[h.high + cast(coalesce(h.high >= h.place, false) as integer)]) / 2 as usual
    from price_seen as s
    left join half as h on h.institution_id = s.institution_id and h.item_code = s.item_code and h.month = s.month
"""

_RATED = """
    create or replace temp table price_rated as
    select *, price / usual as ratio,
        case
            when usual is null then 'too few others with the consumable in the month'
            when price > $max_ratio * usual or price * $max_ratio < usual then 'the price is of another unit'
        end as reason,
        coalesce(price >= $min_ratio * usual and ln(price / usual) >= $min_z * greatest(spread, 0.02)
            and price <= $max_ratio * usual and eligible_amount > 0, false) as is_dear
    from price_beside
"""

_HITS = """
    create or replace temp table price_hit as
    with whole as (
        select *, count(*) filter (where is_dear) over w as dear_months,
            count(*) filter (where reason is null) over w as months,
            sum(case when is_dear then cast(eligible_amount as double) * (1 - 1 / ratio) end) over w as excess
        from price_rated
        window w as (partition by institution_id, item_code)
    )
    select institution_id, item_code || strftime(month, '|%Y-%m') as item_month, usual as allowed, usual as above,
        cast(null as date) as from_on, item_code as part,
        round(1 - 0.5 * pow(2, -(ratio - $min_ratio) / 0.3), 4) as weight,
        to_json(struct_pack(item_code := item_code, month := strftime(month, '%Y-%m'), usual := round(usual, 2),
            others := others, ratio := round(ratio, 2), price := round(price, 2), dear_months := dear_months,
            months := months,
            reference := case pool when 1 then 'public institutions of the level' when 2 then 'public institutions'
                else 'institutions of the level' end,
            reference_zh := case pool when 1 then '同级公立机构' when 2 then '公立机构' else '同级机构' end,
            maker := case when ends_with(item_code, '00000') then ', by a code that names no maker' else '' end,
            maker_zh := case when ends_with(item_code, '00000') then '（编码不含生产企业）' else '' end)) as facts
    from whole
    where is_dear and dear_months >= $min_months and excess >= $min_excess
"""
