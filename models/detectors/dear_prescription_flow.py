"""Practitioners whose prescriptions at one drugstore cost the same persons far more than their other bills do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from models import card
from models.detectors import _judged

PARTS = ("models.detectors._judged",)

CARD = card.make(
    {
        "title": "A practitioner's prescriptions cost far more at one drugstore than the same persons pay elsewhere",
        "title_zh": "医师处方在一家药店的费用明显高于同一参保人其他同病费用",
        "violation": "prescription_flow",
        "family": "ring",
        "fetch": ["kickback", "store"],
        "subjects": ["practitioner", "pharmacy"],
        "certainty": "suspected",
        "sentence": "{persons} persons took this practitioner's prescriptions to this one store, where their bills are"
        " {ratio} times what their other bills for the same disease cost; {peers} persons with other practitioners and"
        " stores: {usual_ratio} times; this one of {occurred_on} {own} yuan instead of {usual}, {amount} yuan more",
        "sentence_zh": "该医师有{persons}名参保人在本药店按其处方购药，费用为其本人同病其他费用的{ratio}倍，"
        "其他医师与药店的{peers}名参保人为{usual_ratio}倍；本次{occurred_on}{own}元，平常{usual}元，高出{amount}元",
        "basis": [
            "《医疗保障基金使用监督管理条例》第十五条、第四十条：串通、虚开费用单据",
            "筛查模型 C10 医师与药店定向流转（人均费用）；定点零售药店自查自纠问题清单 14",
        ],
        "scope": ["drugstore", "chronic"],
        "window": "the whole delivered window",
        "needs": ["record.settlement.settled_at", "record.fee_line.ordering_practitioner_id"],
        "params": {
            "min_persons": {"value": 4, "unit": "persons", "meaning": "least that pay more at one store"},
            "min_own": {"value": 2, "unit": "bills", "meaning": "least of a person for the disease elsewhere"},
            "min_ratio": {"value": 1.5, "unit": "x", "meaning": "least ratio of bills here to the persons' others"},
            "min_excess": {"value": 1000, "unit": "yuan", "meaning": "least money above the persons' usual bills"},
            "min_area": {"value": 30, "unit": "persons", "meaning": "fewer to compare with: not judged"},
            "min_surprise": {"value": 5.0, "unit": "log", "meaning": "least surprise over the pairs searched"},
        },
        "exclusions": [
            "the seriously ill: each person is compared with their own bills for the same disease",
            "one person's new treatment: at least {min_persons} must pay more",
            "drugs that few stores of the area sell, or this one to most of their buyers: there is no other way to go",
            "persons with fewer than {min_own:bill} for the disease elsewhere",
        ],
        "exclusions_zh": [
            "重病参保人：与其本人同病的其他费用比较",
            "个别人更换治疗方案：须有至少 {min_persons} 人费用升高",
            "当地少数药店销售的药品，或该店售予多数购药人的药品：别无去处",
            "同病其他费用少于 {min_own} 次的参保人",
        ],
        "limits": "Prescriptions for a longer time cost more at once: compare the days of supply. A practitioner who"
        " sees persons only after their illness got worse looks alike.",
        "limits_zh": "处方天数较长的单次费用也高，应比较用药天数。医师专门接诊病情加重参保人的，也会呈现相同情形。",
    }
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """One hit a bill above its person's usual, of a practitioner and store at issue. Units are such bills."""
    _judged.empty(con)
    _judged.script(con, _BILLS, params)
    _judged.script(con, _PAIRS, params)
    _judged.script(con, _HITS, params)
    hits = _judged.number(con, "select count(*) from judged")
    whole = _judged.number(con, "select count(*) from dear_bill")
    able = _judged.number(
        con,
        "select count(*) from dear_bill as b join dear_usual as u on u.person_id = b.person_id"
        " and u.diagnosis = b.diagnosis and u.practitioner_id = b.practitioner_id and u.store_id = b.store_id"
        f" where (select count(*) from dear_person) >= {int(params['min_area'])}",
    )
    _judged.count(con, able - hits, {"too few other bills for the disease to compare with": whole - able})
    _judged.drop(con, "dear_")


#: Bills for a registered disease: at a drugstore by whose prescription, and what the person pays otherwise.
_BILLS = """
    create or replace temp table dear_paid as
    select settlement_id, person_id, diagnosis, cast(eligible_amount as double) as paid
    from feature.visit_bill
    where care_setting in ('chronic', 'drugstore') and diagnosis is not null and person_id is not null
        and eligible_amount > 0;
    create or replace temp table dear_bill as
    select f.settlement_id, f.encounter_id, f.person_id, f.store_id, f.practitioner_id, f.hospital_id, f.bought_on,
        p.diagnosis, p.paid
    from feature.prescription_flow as f
    join dear_paid as p on p.settlement_id = f.settlement_id
    where f.has_choice and f.practitioner_id is not null;
    create or replace temp table dear_usual as
    with own as (
        select practitioner_id, store_id, person_id, diagnosis, median(ln(paid)) as level
        from dear_bill group by practitioner_id, store_id, person_id, diagnosis
    )
    select o.practitioner_id, o.store_id, o.person_id, o.diagnosis, o.level, median(ln(p.paid)) as usual
    from own as o
    join dear_paid as p on p.person_id = o.person_id and p.diagnosis = o.diagnosis
    left join dear_bill as b on b.settlement_id = p.settlement_id and b.practitioner_id = o.practitioner_id
        and b.store_id = o.store_id
    where b.settlement_id is null
    group by o.practitioner_id, o.store_id, o.person_id, o.diagnosis, o.level
    having count(*) >= $min_own
"""

#: Sums of decimals: the order of rows must not move a digit.
_PAIRS = """
    create or replace temp table dear_person as
    select practitioner_id, store_id, person_id,
        cast(avg(cast(level - usual as decimal(12, 6))) as decimal(12, 6)) as gap
    from dear_usual group by practitioner_id, store_id, person_id;
    create or replace temp table dear_found as
    with area as (
        select count(*) as persons, avg(gap) as mean,
            greatest(sqrt(greatest(avg(cast(gap * gap as decimal(18, 6))) - avg(gap) * avg(gap), 0)), 0.3) as spread
        from dear_person
    ),
    pair as (
        select practitioner_id, store_id, count(*) as persons, avg(gap) as gap
        from dear_person group by practitioner_id, store_id
        having count(*) filter (gap >= ln($min_ratio)) >= $min_persons
    ),
    tried as (
        select count(*) as pairs
        from (select 1 from dear_person group by practitioner_id, store_id having count(*) >= $min_persons)
    ),
    scored as (
        select p.*, a.persons - p.persons as peers, exp(a.mean) as usual_ratio, exp(p.gap) as ratio,
            pow(greatest(p.gap - a.mean, 0) / a.spread, 2) * p.persons / 2 - ln(t.pairs) as surprise
        from pair as p cross join area as a cross join tried as t
        where a.persons >= $min_area
    )
    select * from scored where surprise >= $min_surprise and ratio >= $min_ratio * usual_ratio
"""

_HITS = """
    insert into judged by name
    with bill as (
        select b.*, exp(u.usual) as usual, cast(b.paid - exp(u.usual) as decimal(16, 2)) as excess
        from dear_bill as b
        join dear_usual as u on u.practitioner_id = b.practitioner_id and u.store_id = b.store_id
            and u.person_id = b.person_id and u.diagnosis = b.diagnosis
        where b.paid > exp(u.usual)
    ),
    summed as (
        select practitioner_id, store_id, sum(excess) as excess from bill group by practitioner_id, store_id
    )
    select 'hit' as outcome, b.settlement_id, b.encounter_id, b.person_id, b.store_id as institution_id,
        b.practitioner_id, b.bought_on as occurred_on, b.excess as amount,
        cast(to_json(struct_pack(persons := f.persons, ratio := round(f.ratio, 1), peers := f.peers,
            usual_ratio := round(f.usual_ratio, 1), surprise := round(f.surprise, 1), hospital_id := b.hospital_id,
            own := round(b.paid, 2), usual := round(b.usual, 2), occurred_on := b.bought_on,
            amount := b.excess)) as varchar) as detail,
        b.practitioner_id as part, round(1 - 0.5 * pow(2, -(f.surprise - $min_surprise) / 5), 4) as weight, 1 as units
    from dear_found as f
    join summed as s on s.practitioner_id = f.practitioner_id and s.store_id = f.store_id
    join bill as b on b.practitioner_id = f.practitioner_id and b.store_id = f.store_id
    where s.excess >= $min_excess
"""
