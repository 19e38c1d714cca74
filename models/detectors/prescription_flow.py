"""Practitioners whose patients carry their prescriptions to one drugstore, where their colleagues' do not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from models import card
from models.detectors import _judged

PARTS = ("models.detectors._judged",)

CARD = card.make(
    {
        "title": "A practitioner's patients go to one drugstore",
        "title_zh": "医师与药店定向流转（参保人集中流向一家药店）",
        "violation": "prescription_flow",
        "family": "ring",
        "fetch": ["kickback", "store"],
        "subjects": ["practitioner", "pharmacy"],
        "certainty": "suspected",
        "sentence": "{persons} of the {all_persons} persons ({share}%) who bought at drugstores after seeing this"
        " practitioner went to this one store; of {peers} persons after seeing colleagues of the same hospital"
        " {usual_share}% did, so {usual} were to be expected; this purchase {amount} yuan on {occurred_on}",
        "sentence_zh": "该医师接诊后外出购药的{all_persons}人中{persons}人（{share}%）集中到本药店；"
        "同院其他医师的{peers}名参保人中"
        "为{usual_share}%，预期{usual}人；本次购药{occurred_on}，{amount}元",
        "basis": [
            "《医疗保障基金使用监督管理条例》第十五条、第四十条：串通、虚开费用单据",
            "筛查模型 C10 医师与药店定向流转；定点零售药店自查自纠问题清单 14",
        ],
        "scope": ["drugstore"],
        "window": "the whole delivered window; purchases on the day of a visit and three days after",
        "needs": ["record.settlement.settled_at", "record.fee_line.ordering_practitioner_id"],
        "params": {
            "min_persons": {"value": 10, "unit": "persons", "meaning": "least of one practitioner at one store"},
            "min_share": {"value": 0.5, "unit": "share", "meaning": "least of the practitioner's buying patients"},
            "times_usual": {"value": 2.0, "unit": "x", "meaning": "least ratio to the colleagues' share"},
            "min_peers": {"value": 20, "unit": "persons", "meaning": "fewer buying patients of colleagues: not judged"},
            "lean": {
                "value": 10,
                "unit": "persons",
                "meaning": "patients of colleagues that weigh as much as the share of the whole area",
            },
            "min_surprise": {"value": 5.0, "unit": "log", "meaning": "least surprise over the pairs searched"},
        },
        "exclusions": [
            "the store next door: the colleagues' patients go there as often",
            "one person many times: persons are counted, not purchases",
            "drugs that few stores of the area sell, or this one to most of their buyers: there is no other way to go",
            "stays, and purchases more than three days after the visit that no bill links to it",
        ],
        "exclusions_zh": [
            "相邻药店：同事接诊的参保人同样常去",
            "同一人多次：按人数计，不按购药次数计",
            "当地少数药店销售的药品，或该店售予多数购药人的药品：别无去处",
            "住院，以及就诊三天以后且无账单关联的购药",
        ],
        "limits": "A hospital whose practitioners all send to one store is not seen by comparing colleagues, nor a dear"
        " brand that this store alone sells. Where drugstore bills name no prescriber the visit before stands for it.",
        "limits_zh": "医院全体医师均指向一家药店的，比较同事看不出；仅该店销售的高价品牌同样看不出。"
        "药店账单未载开方医师的，以此前就诊代替。",
    }
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """One hit a purchase of a concentrated pair. Units are purchases that followed a practitioner."""
    _judged.empty(con)
    for step in (_PAIRS, _HITS):
        _judged.script(con, step, params)
    hits = _judged.number(con, "select count(*) from judged")
    forced = _judged.number(con, "select count(*) from feature.prescription_flow where not has_choice")
    alone = _judged.number(
        con,
        "select count(*) from feature.prescription_flow as f where has_choice and not exists (select 1 from flow_peer"
        f" as p where p.practitioner_id = f.practitioner_id and p.peers >= {int(params['min_peers'])})",
    )
    clear = _judged.number(con, "select count(*) from feature.prescription_flow") - hits - alone - forced
    _judged.count(
        con,
        clear,
        {"too few patients of colleagues to compare with": alone, "few stores sell the drug": forced},
    )
    _judged.drop(con, "flow_")


_PAIRS = """
    create or replace temp table flow_person as
    select distinct practitioner_id, hospital_id, store_id, person_id from feature.prescription_flow
    where practitioner_id is not null and hospital_id is not null and has_choice;
    create or replace temp table flow_peer as
    with own as (
        select practitioner_id, hospital_id, count(distinct person_id) as all_persons
        from flow_person group by practitioner_id, hospital_id
    ),
    house as (
        select hospital_id, count(*) as persons
        from (select distinct hospital_id, practitioner_id, person_id from flow_person) group by hospital_id
    )
    select o.practitioner_id, o.hospital_id, o.all_persons, h.persons - o.all_persons as peers
    from own as o join house as h on h.hospital_id = o.hospital_id;
    create or replace temp table flow_found as
    with pair as (
        select practitioner_id, hospital_id, store_id, count(*) as persons
        from flow_person group by practitioner_id, hospital_id, store_id
    ),
    house as (
        select hospital_id, store_id, sum(persons) as persons from pair group by hospital_id, store_id
    ),
    area as (
        select store_id, sum(persons) / sum(sum(persons)) over () as share from pair group by store_id
    ),
    usual as (
        select p.*, o.all_persons, o.peers,
            (h.persons - p.persons + $lean * a.share) / (o.peers + $lean) as usual_share,
            (select count(*) from pair) as pairs
        from pair as p
        join flow_peer as o on o.practitioner_id = p.practitioner_id and o.hospital_id = p.hospital_id
        join house as h on h.hospital_id = p.hospital_id and h.store_id = p.store_id
        join area as a on a.store_id = p.store_id
        where o.peers >= $min_peers
    ),
    scored as (
        select *, all_persons * usual_share as usual,
            persons * ln(persons / (all_persons * usual_share)) - persons + all_persons * usual_share
                - ln(pairs) as surprise
        from usual
        where persons >= $min_persons and persons >= $min_share * all_persons
            and persons >= $times_usual * all_persons * usual_share
    )
    select * from scored where surprise >= $min_surprise
"""

_HITS = """
    insert into judged by name
    select 'hit' as outcome, f.settlement_id, f.encounter_id, f.person_id, f.store_id as institution_id,
        f.practitioner_id, f.bought_on as occurred_on, f.eligible_amount as amount,
        cast(to_json(struct_pack(persons := p.persons, all_persons := p.all_persons,
            share := round(100 * p.persons / p.all_persons, 1), peers := p.peers,
            usual_share := round(100 * p.usual_share, 1), usual := round(p.usual, 1),
            surprise := round(p.surprise, 1), hospital_id := p.hospital_id, days_between := f.days_between,
            occurred_on := f.bought_on, amount := f.eligible_amount)) as varchar) as detail,
        f.practitioner_id as part, round(1 - 0.5 * pow(2, -(p.surprise - $min_surprise) / 5), 4) as weight, 1 as units
    from flow_found as p
    join feature.prescription_flow as f
        on f.practitioner_id = p.practitioner_id and f.store_id = p.store_id and f.hospital_id = p.hospital_id
    where f.has_choice
"""
