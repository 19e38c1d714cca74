"""Persons who come to several places on the days when confirmed persons come, beyond what neighbours do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from models import card
from models.detectors import _judged

PARTS = ("models.detectors._judged", "models.detectors._spread", "models.casebook.words")

CARD = card.make(
    {
        "title": "Came with confirmed persons to several places",
        "title_zh": "与已查实人员在多家机构同日结算（网络扩散）",
        "violation": "near_confirmed",
        "family": "ring",
        "subjects": ["person"],
        "certainty": "suspected",
        "sentence": "Settled on the same day and at the same place as {met} of {seeds} confirmed persons, on"
        " {days} days"
        " at {places} places; {lift} times as close to them as an ordinary customer, where random persons in their"
        " stead give at most {bar} ({runs} runs, {peers} persons); here {amount} yuan on {occurred_on}",
        "sentence_zh": "与已查实{seeds}人中的{met}人在{places}家机构同日结算{days}天；"
        "与其接近程度为普通就医购药人员的{lift}倍，"
        "随机抽取同数人员{runs}次最高{bar}倍（共{peers}人）；本次{occurred_on}结算{amount}元",
        "basis": [
            "《医疗保障基金使用监督管理条例》第二十五条：依数据监控确定检查重点",
            "筛查模型 C11 空刷网络扩散",
        ],
        "scope": ["outpatient", "chronic", "drugstore"],
        "window": "the whole delivered window; every verdict so far",
        "needs": ["record.settlement.settled_at"],
        "params": {
            "min_seeds": {"value": 5, "unit": "persons", "meaning": "fewer confirmed: cannot judge"},
            "min_met": {"value": 3, "unit": "persons", "meaning": "least confirmed persons met on the same days"},
            "min_places": {"value": 2, "unit": "places", "meaning": "least places where they were met"},
            "min_days": {"value": 4, "unit": "days", "meaning": "least days on which they were met"},
            "max_persons": {
                "value": 60,
                "unit": "persons",
                "meaning": "of a place and day; busier days say nothing and are dropped",
            },
            "restart": {"value": 0.25, "unit": "share", "meaning": "chance that the walk starts anew at a confirmed"},
            "runs": {
                "value": 19,
                "min": 1,
                "unit": "runs",
                "meaning": "times as many random persons are taken for confirmed",
            },
            "seed": {"value": 20250101, "meaning": "of drawing them"},
        },
        "exclusions": [
            "confirmed persons themselves",
            "the family of one confirmed person: several must be met, at several places",
            "ordinary neighbours of one store: closeness counts, not number",
            "dialysis, chemotherapy, check-ups, vaccination",
        ],
        "exclusions_zh": [
            "已查实人员本人",
            "一名已查实人员的家属：须与多人、在多处同日结算",
            "同一药店的普通邻里：看接近程度而非次数",
            "透析、化疗、体检、疫苗接种",
        ],
        "limits": "Being near is no deed: a reason to look at the settlements of those days, never a finding"
        " by itself."
        " A verdict counts from the next run of this detector.",
        "limits_zh": "关联接近并非行为：仅作为查看这些日期结算的理由，本身不单独构成疑点。核查结论自下次运行起纳入。",
        "status": "trial",
    }
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """One hit a settlement on a day with a confirmed person there. Units are settlements outside stays."""
    import polars as pl

    from models.casebook import words
    from models.detectors import _spread

    _judged.empty(con)
    words.prepare(con)
    _judged.script(con, _GRAPH, params)
    seeds = _judged.number(con, "select count(*) from near_seed")
    everyone = _judged.number(con, "select count(distinct person_id) from near_edge")
    settlements = _judged.number(
        con,
        "select count(*) from feature.visit_bill as b join (select distinct person_id, institution_id, settled_on"
        " from near_edge) as e on e.person_id = b.person_id and e.institution_id = b.institution_id"
        " and e.settled_on = b.settled_on where b.care_setting in ('outpatient', 'chronic', 'drugstore')"
        " and not b.is_course",
    )
    if seeds < params["min_seeds"]:
        _judged.count(con, 0, {"needs confirmed persons: too few verdicts on persons so far": settlements})
        _judged.drop(con, "near_")
        return
    frame = con.sql(
        "select e.person_id, e.slot, s.person_id is not null as is_seed from near_edge as e"
        " left join near_seed as s on s.person_id = e.person_id order by e.person_id, e.slot"
    ).pl()
    close = _spread.lifts(
        frame, float(params["restart"]), int(params["min_met"]), int(params["runs"]), int(params["seed"])
    )
    found = close.filter((pl.col("lift") > pl.col("bar")) & ~pl.col("is_seed") & (pl.col("met") >= params["min_met"]))
    con.register("near_found", found.to_arrow())
    con.execute(
        _HITS,
        {k: params[k] for k in ("min_days", "min_places", "runs")} | {"seeds": seeds, "peers": everyone},
    )
    con.unregister("near_found")
    hits = _judged.number(con, "select count(*) from judged")
    _judged.count(con, settlements - hits)
    _judged.drop(con, "near_")


#: Persons at a place on a day, outside stays, days that say something; and the confirmed among them.
_GRAPH = """
    create or replace temp table near_edge as
    select distinct person_id, institution_id, settled_on,
        institution_id || '|' || strftime(settled_on, '%Y%m%d') as slot
    from feature.visit_bill
    where person_id is not null and institution_id is not null and not is_course
        and care_setting in ('outpatient', 'chronic', 'drugstore')
    qualify count(distinct person_id) over (partition by institution_id, settled_on) <= $max_persons;
    create or replace temp table near_seed as
    with said as (
        select subject_id as person_id from casebook.current_verdict
        where subject_type = 'person' and conclusion in ('confirmed', 'partly_confirmed')
        union
        select unnest(string_split(members, ';')) from casebook.current_verdict
        where subject_type = 'group' and members is not null and conclusion in ('confirmed', 'partly_confirmed')
        union
        select subject_id from inspection
        where subject_type = 'person' and conclusion in ('confirmed', 'partly_confirmed')
    )
    select distinct trim(person_id) as person_id from said
    where trim(person_id) in (select person_id from near_edge)
"""

_HITS = """
    insert into judged by name
    with shared as (
        select distinct f.person_id, e.institution_id, e.settled_on
        from near_found as f
        join near_edge as e on e.person_id = f.person_id
        where exists (
            select 1 from near_edge as o join near_seed as s on s.person_id = o.person_id where o.slot = e.slot
        )
    ),
    person as (
        select person_id, count(distinct settled_on) as days, count(distinct institution_id) as places
        from shared group by person_id
        having count(distinct settled_on) >= $min_days and count(distinct institution_id) >= $min_places
    )
    select 'hit' as outcome, b.settlement_id, b.encounter_id, b.person_id, b.institution_id,
        b.settled_on as occurred_on, b.eligible_amount as amount, 1 as units,
        round(least(0.9, greatest(0.3, 1 - f.bar / f.lift)), 4) as weight,
        cast(to_json(struct_pack(met := f.met, seeds := $seeds, days := p.days, places := p.places,
            lift := round(f.lift, 1), bar := round(f.bar, 1), runs := $runs, peers := $peers,
            occurred_on := b.settled_on, amount := b.eligible_amount)) as varchar) as detail
    from person as p
    join near_found as f on f.person_id = p.person_id
    join shared as h on h.person_id = p.person_id
    join feature.visit_bill as b on b.person_id = h.person_id and b.institution_id = h.institution_id
        and b.settled_on = h.settled_on
    where b.care_setting in ('outpatient', 'chronic', 'drugstore') and not b.is_course
"""
