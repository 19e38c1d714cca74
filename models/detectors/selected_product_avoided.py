"""Hospitals that use other products where one of the drug was selected in volume procurement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from models import card
from models.detectors import _drugs, _judged

PARTS = ("models.detectors._drugs", "models.detectors._judged", "models.peers")

CARD = card.make(
    {
        "title": "Selected products of volume procurement avoided",
        "title_zh": "集采中选药品使用占比偏低（以高价非中选品替代）",
        "violation": "selected_product_avoided",
        "family": "procurement",
        "subjects": ["institution"],
        "certainty": "suspected",
        "sentence": "Of {drugs} drugs with a selected product {own} % of the lines are of selected ones here, {usual} %"
        " would be usual with these drugs ({peers} peers); {never} drugs never: {worst}; {amount} yuan more than at the"
        " usual share",
        "sentence_zh": "{drugs}个集采品种中选品使用占比{own}%，按同类{peers}家及本机构品种结构应为{usual}%；"
        "{never}个品种完全未用中选品，主要为{worst}；较正常占比多支出{amount}元",
        "basis": [
            "国家组织药品集中采购：医疗机构优先采购使用中选药品，完成约定采购量",
            "筛查模型 D09 集采未落实",
        ],
        "window": "the whole delivered window, days on which a product was selected",
        "needs": ["record.procurement_drug.is_selected", "record.fee_line.catalogue_code"],
        "params": {
            "max_share": {"value": 0.5, "unit": "share", "meaning": "of selected ones that a policy asks for at least"},
            "min_z": {
                "value": 0.5,
                "unit": "robust z",
                "meaning": "least distance above the peers: nobody is named for what all of the kind do",
            },
            "min_ratio": {"value": 1.5, "unit": "x", "meaning": "least ratio of other products to the expected"},
            "min_lines": {"value": 50, "unit": "lines", "meaning": "fewer of such drugs: cannot judge"},
            "min_excess": {"value": 500, "unit": "yuan", "meaning": "least excess over the usual share"},
            "never_lines": {"value": 5, "unit": "lines", "meaning": "from which a drug without selected ones is told"},
        },
        "exclusions": [
            "drugstores: they do not take part",
            "drugs the institution uses more than others: what is expected follows its own drugs",
            "other contents and dosage forms: the price is converted by content, where it can be read",
            "days before and after the selection's validity",
        ],
        "exclusions_zh": [
            "药店：不参加集采",
            "机构使用较多的品种：预期按其自身品种结构计算",
            "其他含量和剂型：规格可识别时按含量折算价格",
            "中选有效期之前和之后",
        ],
        "limits": "The volume the institution reported, and shortages of supply, are not in the record. Specialised"
        " institutions are compared with their own kind where there are enough.",
        "limits_zh": "机构报量和供应短缺不在数据中。专科机构数量足够时在同类之间比较。",
        "status": "trial",
    }
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """At most one hit a hospital. Units are hospitals that use such drugs."""
    from models import peers

    _judged.empty(con)
    _drugs.packs(con)
    con.execute(_USED)
    con.execute(_PLACE, {"never_lines": params["never_lines"]})
    frame = con.sql(_SCORED).pl()
    scored = peers.score(frame, "log", float(params["min_lines"]))
    con.register("bought_scored", scored.select("institution_id", "z", "peers", "peer_group", "status").to_arrow())
    con.execute(_JUDGED, {k: params[k] for k in ("max_share", "min_z", "min_ratio", "min_excess")})
    con.unregister("bought_scored")
    hits = _judged.number(con, "select count(*) from judged")
    few = scored.filter(scored["status"].is_in(["volume", "value"])).height
    alone = scored.filter((scored["status"] == "peers") | (scored["peer_group"] == "all")).height
    _judged.count(con, scored.height - few - alone - hits, {"too few lines of such drugs": few, "too few peers": alone})
    _judged.drop(con, "bought_")
    _judged.drop(con, "drug_pack")


#: Lines of drugs of which a product is selected on that day: which are selected, and what they cost more by content.
_USED = """
    create or replace temp table bought_line as
    with selected as (
        select v.catalogue_code, v.selected_price, v.valid_from, v.valid_to, p.generic_key, p.form_key,
            cast(v.selected_price as double) / nullif(p.pieces * coalesce(p.strength, 1), 0) as content_price
        from record.procurement_drug as v
        join drug_pack as p on p.product_code = v.catalogue_code
        where v.is_selected
    ),
    listed as (
        select generic_key, form_key, min(content_price) as content_price, min(valid_from) as valid_from,
            max(coalesce(valid_to, date '9999-12-31')) as valid_to
        from selected group by generic_key, form_key
    )
    select l.institution_id, p.generic_key || '|' || p.form_key as drug_key, any_value(p.item_name) as item_name,
        p.product_code in (select s.catalogue_code from selected as s) as is_selected, count(*) as lines,
        sum(l.eligible_amount) as eligible_amount,
        sum(cast(greatest(0, least(
            cast(l.eligible_amount as double),
            cast(l.amount as double) - coalesce(
                cast(l.quantity as double) * p.pieces * coalesce(p.strength, 1) * k.content_price,
                cast(l.amount as double)
            )
        )) as decimal(16, 2))) as dearer
    from feature.fee_line as l
    join drug_pack as p on p.product_code = l.catalogue_code
    join listed as k on k.generic_key = p.generic_key and k.form_key = p.form_key
        and l.charged_on >= coalesce(k.valid_from, l.charged_on) and l.charged_on <= k.valid_to
    where l.eligible_amount > 0 and not coalesce(l.is_pharmacy, false)
    group by l.institution_id, p.generic_key, p.form_key, p.product_code
"""

#: expected: lines of other products if each drug were used as at all other hospitals together.
_PLACE = """
    create or replace temp table bought_place as
    with drug as (
        select institution_id, drug_key, min(item_name) as item_name, sum(lines) as lines,
            coalesce(sum(lines) filter (where not is_selected), 0) as others,
            coalesce(sum(dearer) filter (where not is_selected), 0) as dearer
        from bought_line group by institution_id, drug_key
    ),
    pooled as (
        select *, (sum(others) over w - others + 0.5) / (sum(lines) over w - lines + 1.0) as usual_share
        from drug window w as (partition by drug_key)
    )
    select institution_id, count(*) as drugs, sum(lines) as lines, sum(others) as others,
        sum(cast(lines * usual_share as decimal(18, 6))) as expected, sum(dearer) as dearer,
        count(*) filter (where others = lines and lines >= $never_lines) as never,
        array_to_string(list(item_name order by dearer desc, item_name)[1:3], '、') as worst
    from pooled group by institution_id
"""

_SCORED = """
    select b.institution_id, cast(b.others as double) / cast(b.expected as double) as value, b.lines as volume,
        g.key_1, g.key_2, g.key_3, g.key_4, g.breadth
    from bought_place as b
    join feature.institution_peer_group as g on g.institution_id = b.institution_id
    order by b.institution_id
"""

_JUDGED = """
    insert into judged by name
    with rated as (
        select b.*, s.z, s.peers, s.status, s.peer_group, 1 - cast(others as double) / lines as share,
            1 - cast(expected as double) / lines as usual,
            cast(others as double) / cast(expected as double) as ratio,
            cast(dearer as double) * (1 - cast(expected as double) / nullif(others, 0)) as excess
        from bought_place as b join bought_scored as s on s.institution_id = b.institution_id
    )
    select 'hit' as outcome, institution_id, cast(excess as decimal(16, 2)) as amount,
        cast(to_json(struct_pack(drugs := drugs, own := round(100 * share, 1), usual := round(100 * usual, 1),
            peers := peers, never := never, worst := worst, z := round(z, 2), peer_group := peer_group,
            indicator_title := 'share of selected products', indicator_title_zh := '集采中选品使用占比',
            own_text := round(100 * share, 1) || '%', peer_text := round(100 * usual, 1) || '%',
            lines := lines)) as varchar) as detail,
        round(1 - 0.5 * pow(2, -(z - $min_z) / 2.0), 4) as weight, 1 as units
    from rated
    where status = 'scored' and peer_group <> 'all' and z >= $min_z and ratio >= $min_ratio and share < $max_share
        and excess >= $min_excess
"""
