"""Places that take over a suspended neighbour's business, beyond what its other neighbours take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from models import card
from models.detectors import _judged

PARTS = ("models.detectors._judged",)

CARD = card.make(
    {
        "title": "A neighbour's business leaps while a place is suspended",
        "title_zh": "暂停协议期间邻近机构结算激增（疑似代结算）",
        "violation": "neighbour_surge",
        "family": "internal_control",
        "fetch": ["contract", "identity"],
        "subjects": ["institution", "pharmacy"],
        "certainty": "suspected",
        "sentence": "While {paused_id} was suspended ({from_on} to {to_on}) this place, {km} km away{owner_text}, had"
        " {during} settlements a day where {expected} would be usual ({peers} places of the area): {ratio} times;"
        " {moved} of the suspended place's {known} customers moved here, {moved_share}% of all who moved; this one is"
        " such a customer's, {amount} yuan on {occurred_on}",
        "sentence_zh": "{paused_id}暂停协议期间（{from_on}至{to_on}），"
        "本机构（相距{km}公里{owner_text_zh}）日均结算{during}笔，"
        "按自身水平及本地{peers}家走势应为{expected}笔，为其{ratio}倍；被暂停机构{known}名顾客中{moved}人转来，"
        "占转移者{moved_share}%；本次{occurred_on}为此类人员结算{amount}元",
        "basis": [
            "《医疗保障基金使用监督管理条例》第三十八条第（七）项：造成医疗保障基金损失的其他违法行为",
            "筛查模型 D11 暂停、解除协议期间代结算；定点零售药店自查自纠问题清单 6",
        ],
        "scope": ["outpatient", "chronic", "drugstore"],
        "window": "the suspension against the days before and after it",
        "needs": ["record.contract", "record.settlement.settled_at"],
        "params": {
            "min_days": {"value": 14, "unit": "days", "meaning": "least length of a suspension"},
            "max_km": {"value": 3.0, "unit": "km", "meaning": "farther is no neighbour, unless the owner is the same"},
            "min_ratio": {"value": 1.5, "unit": "x", "meaning": "least ratio to the usual number of settlements"},
            "min_moved": {"value": 8, "unit": "persons", "meaning": "least customers that moved here"},
            "min_moved_share": {"value": 0.6, "unit": "share", "meaning": "of all customers who moved that came here"},
            "min_neighbours": {"value": 2, "unit": "places", "meaning": "fewer within reach: nowhere else to go"},
            "min_surprise": {"value": 4.0, "unit": "log", "meaning": "least surprise at so many settlements"},
        },
        "exclusions": [
            "a suspended place with one neighbour only: its customers have nowhere else to go",
            "customers who spread over several neighbours as distance tells",
            "what all places of the area do in those weeks",
            "places without a position and without a common owner",
        ],
        "exclusions_zh": [
            "被暂停机构仅有一家邻近机构：其参保人别无去处",
            "参保人按距离分散到多家邻近机构",
            "当地各机构这几周同样变化",
            "既无位置信息又无共同所有人的机构",
        ],
        "limits": "A suspension is seen where the contract register has a gap between two contracts, or a"
        " contract that"
        " ended before the data. The nearest good store rightly takes most customers: ask whose scanner and whose stock"
        " it was.",
        "limits_zh": "暂停通过两份协议之间的间断，或数据之前已终止的协议看出。最近的正规药店自然会承接多数参保人，"
        "应核实所用扫码设备和库存归属。",
    }
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """One hit a settlement of a moved customer at the neighbour. Units are their settlements; a suspended
    place without neighbours cannot be judged."""
    _judged.empty(con)
    for step in (_PAUSES, _PAIRS, _HITS):
        _judged.script(con, step, params)
    moved = _judged.number(con, "select count(*) from surge_moved")
    hits = _judged.number(con, "select count(*) from judged")
    lonely = _judged.number(
        con, "select count(*) from surge_pause where (paused_id, from_on) not in"
        " (select (paused_id, from_on) from surge_pair)",
    )  # fmt: skip
    _judged.count(con, moved - hits, {"too few neighbours whose place is known": lonely})
    _judged.drop(con, "surge_")


_PAUSES = """
    create or replace temp table surge_pause as
    with span as (
        select min(settled_on) as first_on, max(settled_on) as last_on from feature.visit_bill
    ),
    period as (
        select institution_id, valid_from, valid_to,
            lead(valid_from) over (partition by institution_id order by valid_from) as next_from
        from record.contract where valid_from is not null
    ),
    gap as (
        select p.institution_id as paused_id, greatest(p.valid_to + 1, s.first_on) as from_on,
            least(coalesce(p.next_from - 1, s.last_on), s.last_on) as to_on, s.first_on, s.last_on
        from period as p cross join span as s
        where p.valid_to is not null and (p.next_from is null or p.next_from > p.valid_to + 1)
    )
    select * from gap where date_diff('day', from_on, to_on) + 1 >= $min_days and from_on > first_on
"""

_PAIRS = """
    create or replace temp table surge_near as
    select p.paused_id, p.from_on, p.to_on, p.first_on, p.last_on, n.institution_id, n.is_pharmacy,
        round(111.2 * sqrt(pow(n.latitude - i.latitude, 2)
            + pow((n.longitude - i.longitude) * cos(radians(i.latitude)), 2)), 1) as km,
        coalesce(n.owner = i.owner, false) as is_owner
    from surge_pause as p
    join feature.institution as i on i.institution_id = p.paused_id
    join feature.institution as n on n.institution_id <> p.paused_id and n.is_pharmacy = i.is_pharmacy
    where n.institution_id in (select institution_id from feature.visit_bill)
        and (coalesce(n.owner = i.owner, false) or 111.2 * sqrt(pow(n.latitude - i.latitude, 2)
            + pow((n.longitude - i.longitude) * cos(radians(i.latitude)), 2)) <= $max_km)
    qualify count(*) over (partition by p.paused_id, p.from_on) >= $min_neighbours;
    create or replace temp table surge_moved as
    with customer as (
        select distinct p.paused_id, p.from_on, b.person_id
        from surge_pause as p join feature.visit_bill as b on b.institution_id = p.paused_id
            and not (b.settled_on between p.from_on and p.to_on)
    )
    -- customers who had not come to the neighbour before, and come in the pause
    select n.paused_id, n.from_on, n.institution_id, b.settlement_id, b.person_id
    from surge_near as n
    join customer as c on c.paused_id = n.paused_id and c.from_on = n.from_on
    join feature.visit_bill as b on b.institution_id = n.institution_id and b.person_id = c.person_id
        and b.settled_on between n.from_on and n.to_on
    where not exists (
        select 1 from feature.visit_bill as o where o.institution_id = n.institution_id
            and o.person_id = c.person_id and o.settled_on < n.from_on
    );
    create or replace temp table surge_pair as
    with course as (
        select p.paused_id, p.from_on, f.is_pharmacy,
            count(*) filter (b.settled_on between p.from_on and p.to_on) as during_all,
            count(*) filter (not (b.settled_on between p.from_on and p.to_on)) as other_all,
            count(distinct b.institution_id) as places
        from surge_pause as p
        join feature.institution as i on i.institution_id = p.paused_id
        join feature.institution as f on f.is_pharmacy = i.is_pharmacy and f.institution_id <> p.paused_id
        join feature.visit_bill as b on b.institution_id = f.institution_id
        where f.institution_id not in (select institution_id from surge_near)
        group by p.paused_id, p.from_on, f.is_pharmacy
    ),
    own as (
        select n.paused_id, n.from_on, n.to_on, n.institution_id, n.km, n.is_owner,
            date_diff('day', n.from_on, n.to_on) + 1 as days,
            date_diff('day', n.first_on, n.last_on) - date_diff('day', n.from_on, n.to_on) as other_days,
            count(*) filter (b.settled_on between n.from_on and n.to_on) as during,
            count(*) filter (not (b.settled_on between n.from_on and n.to_on)) as other
        from surge_near as n join feature.visit_bill as b on b.institution_id = n.institution_id
        group by all
    ),
    moved as (
        select paused_id, from_on, institution_id, count(distinct person_id) as moved
        from surge_moved group by paused_id, from_on, institution_id
    ),
    everyone as (
        select paused_id, from_on, count(distinct person_id) as all_moved from surge_moved group by paused_id, from_on
    ),
    known as (
        select p.paused_id, p.from_on, count(distinct b.person_id) as known
        from surge_pause as p join feature.visit_bill as b on b.institution_id = p.paused_id
        group by p.paused_id, p.from_on
    )
    select o.*, coalesce(m.moved, 0) as moved, coalesce(e.all_moved, 0) as all_moved, k.known,
        coalesce(c.places, 0) as peers,
        greatest(o.other * cast(o.days as double) / greatest(o.other_days, 1)
            -- the course of the places that are no neighbours
            * coalesce((c.during_all / greatest(o.days, 1))
                / nullif(c.other_all / greatest(o.other_days, 1), 0), 1), 0.5) as expected
    from own as o
    left join course as c on c.paused_id = o.paused_id and c.from_on = o.from_on
    left join moved as m
        on m.paused_id = o.paused_id and m.from_on = o.from_on and m.institution_id = o.institution_id
    left join everyone as e on e.paused_id = o.paused_id and e.from_on = o.from_on
    left join known as k on k.paused_id = o.paused_id and k.from_on = o.from_on;
    create or replace temp table surge_found as
    select *, during * ln(during / expected) - during + expected as surprise
    from surge_pair
    where during >= $min_ratio * expected and moved >= $min_moved and moved >= $min_moved_share * all_moved
        and during * ln(during / expected) - during + expected >= $min_surprise
"""

_HITS = """
    insert into judged by name
    select 'hit' as outcome, b.settlement_id, b.encounter_id, b.person_id, b.institution_id,
        b.settled_on as occurred_on, b.eligible_amount as amount,
        f.paused_id || strftime(f.from_on, '%Y%m%d') as part, 1 as units,
        case when f.is_owner then 1.0 else 0.6 end as weight,
        cast(to_json(struct_pack(paused_id := f.paused_id, from_on := f.from_on, to_on := f.to_on,
            km := coalesce(cast(f.km as varchar), '?'),
            owner_text := case when f.is_owner then ', same owner' else '' end,
            owner_text_zh := case when f.is_owner then '、同一法定代表人' else '' end,
            during := round(f.during / f.days, 1), expected := round(f.expected / f.days, 1),
            ratio := round(f.during / f.expected, 2), peers := f.peers, moved := f.moved, known := f.known,
            moved_share := round(100.0 * f.moved / f.all_moved, 0), occurred_on := b.settled_on,
            amount := b.eligible_amount)) as varchar) as detail
    from surge_found as f
    join surge_moved as m on m.paused_id = f.paused_id and m.from_on = f.from_on and m.institution_id = f.institution_id
    join feature.visit_bill as b on b.settlement_id = m.settlement_id
"""
