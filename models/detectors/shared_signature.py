"""Practitioners in whose one name persons of many departments are treated, where the like keep to theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from models import card

CARD = card.make(
    {
        "title": "One name signs in many departments",
        "title_zh": "一名医师签名遍及多个科室（疑似签章共用）",
        "violation": "shared_signature",
        "family": "capacity",
        "fetch": ["workload", "signatures"],
        "subjects": ["practitioner", "institution"],
        "certainty": "suspected",
        "scope": ["outpatient", "emergency", "chronic"],
        "sentence": "{visits} visits of {persons} persons were signed in one name in {departments} departments over"
        " {days} days, {outside_text} outside the main one ({main}); nine of ten of the {peers} practitioners at"
        " like institutions sign in {peer_text}; this visit of {occurred_on} was in {department}",
        "sentence_zh": "以同一医师名义{days}天内在{departments}个科室接诊{persons}人{visits}次，"
        "主要科室（{main}）以外占{outside_text}；同类机构{peers}名医师中九成不超过{peer_text}个科室；本次{occurred_on}就诊科室为{department}",
        "basis": ["筛查模型 D01 医师/治疗师超产能（签章共用本身即为问题）"],
        "window": "the whole delivered window",
        "needs": ["record.fee_line.ordering_practitioner_id", "record.fee_line.ordering_department_code"],
        "params": {
            "min_visits": {"value": 60, "unit": "visits", "meaning": "of the practitioner; fewer: not judged, no peer"},
            "min_departments": {"value": 5, "unit": "departments", "meaning": "signed in, at least"},
            "least_visits": {
                "value": 5,
                "unit": "visits",
                "meaning": "in a department, fewer do not make it one of the name's",
            },
            "min_outside": {"value": 0.15, "unit": "share", "meaning": "of the visits outside the main department"},
            "min_ratio": {
                "value": 2.0,
                "unit": "x",
                "meaning": "of the departments, and of the share outside the main one, that nine of ten peers reach",
            },
            "min_months": {"value": 3, "unit": "months", "meaning": "with visits outside the main department"},
            "min_peers": {"value": 20, "unit": "practitioners", "meaning": "fewer peers: cannot judge"},
        },
        "exclusions": [
            "orders of a stay: consultations on the wards",
            "general practice where the like sign in as many departments",
            "a few visits in another department: fewer than {least_visits}",
            "codes of zeros that stand for nobody",
            "too few practitioners at like institutions, no department on the lines: cannot judge",
        ],
        "exclusions_zh": [
            "住院医嘱：病区会诊",
            "全科中同类签署同样多科室者",
            "在其他科室少量接诊：不足 {least_visits} 次",
            "全零编码，不对应具体医师",
            "同类机构医师过少、明细无科室：无法判定",
        ],
        "limits": "Cover for colleagues on leave, night duty for the whole house and a wrong department table look"
        " the same: compare the rota. Which visits were another's the export does not say: those outside the main"
        " department are listed, the amount of each is the part beyond what nine of ten peers have outside theirs.",
        "limits_zh": "代班、全院夜班、科室表有误也会呈现相同情形，应核对排班。哪些就诊由他人完成，导出数据无从得知："
        "列出主要科室以外的就诊，每次金额为超出九成同类医师科室外占比的部分。",
    }
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """One hit a visit outside the main department of a name that signs in many. Units are practitioners at a place,
    and for hits their visits."""
    con.execute(_JUDGED, dict(params))


_JUDGED = """
    create or replace temp table judged as
    with visit as (
        select practitioner_id, institution_id, encounter_id, min(person_id) as person_id,
            min(department_code) as department_code, min(charged_on) as charged_on,
            sum(eligible_amount) as eligible_amount
        from feature.fee_line
        where practitioner_id is not null and not is_pharmacy and care_setting in ('outpatient', 'emergency', 'chronic')
            and not regexp_matches(practitioner_id, '^[A-Za-z]{0,2}(0+|9{6,})$')
        group by practitioner_id, institution_id, encounter_id
    ),
    by_department as (
        select practitioner_id, institution_id, department_code, count(*) as visits
        from visit where department_code is not null
        group by practitioner_id, institution_id, department_code
    ),
    main as (
        select practitioner_id, institution_id, sum(visits) as visits, max(visits) as main_visits,
            min_by(department_code, (-visits, department_code)) as main
        from by_department group by practitioner_id, institution_id
    ),
    spread as (
        select m.practitioner_id, m.institution_id, count(*) as departments
        from main as m
        join by_department as d on d.practitioner_id = m.practitioner_id and d.institution_id = m.institution_id
        where d.visits >= $least_visits
        group by m.practitioner_id, m.institution_id
    ),
    worked as (
        select v.practitioner_id, v.institution_id, count(distinct v.person_id) as persons,
            count(distinct v.charged_on) as days,
            count(distinct case when v.department_code <> m.main then date_trunc('month', v.charged_on) end) as months
        from visit as v
        join main as m on m.practitioner_id = v.practitioner_id and m.institution_id = v.institution_id
        group by v.practitioner_id, v.institution_id
    ),
    sized as (
        select m.*, s.departments, 1 - m.main_visits / cast(m.visits as double) as outside,
            g.key_2, g.key_3, count(*) over (partition by g.key_2) as near
        from main as m
        join spread as s on s.practitioner_id = m.practitioner_id and s.institution_id = m.institution_id
        join feature.institution_peer_group as g on g.institution_id = m.institution_id
        where m.visits >= $min_visits
    ),
    keyed as (
        select *, case when near > $min_peers then key_2 else key_3 end as peer_key from sized
    ),
    peer as (
        select k.peer_key, count(*) as workers, quantile_cont(cast(w.departments as double), 0.9) as usual,
            quantile_cont(w.outside, 0.9) as usual_outside
        from (select distinct peer_key from keyed) as k
        join sized as w on w.key_2 = k.peer_key or w.key_3 = k.peer_key
        group by k.peer_key
    ),
    weighed as (
        select k.*, p.workers - 1 as peers, p.usual, p.usual_outside, w.persons, w.days, w.months
        from keyed as k
        join peer as p on p.peer_key = k.peer_key
        join worked as w on w.practitioner_id = k.practitioner_id and w.institution_id = k.institution_id
    ),
    judged_name as (
        select *, departments >= $min_departments and departments >= $min_ratio * usual and months >= $min_months
            and outside >= greatest($min_outside, $min_ratio * usual_outside) as is_many
        from weighed
    ),
    outside as (
        select j.*, v.encounter_id, v.person_id, v.charged_on, v.department_code,
            cast(v.eligible_amount * greatest(0, 1 - j.usual_outside / j.outside) as decimal(16, 2)) as amount
        from judged_name as j
        join visit as v on v.practitioner_id = j.practitioner_id and v.institution_id = j.institution_id
            and v.department_code <> j.main
        where j.peers >= $min_peers and j.is_many
    ),
    settled as (
        select encounter_id, min(settlement_id) as settlement_id from feature.settlement
        where encounter_id in (select encounter_id from outside) group by encounter_id
    )
    select 'hit' as outcome, cast(null as varchar) as reason, s.settlement_id, cast(null as varchar) as line_id,
        o.encounter_id, o.person_id, o.institution_id, o.practitioner_id, o.charged_on as occurred_on, o.amount,
        cast(to_json(struct_pack(visits := cast(visits as integer), persons := persons, departments := departments,
            days := days, main := main, outside_text := round(100 * outside, 0) || '%', peers := peers,
            peer_text := format('{:g}', round(usual, 1)), months := months, department := department_code,
            indicator_title := 'departments signed in', indicator_title_zh := '签名涉及科室数（同类为九成分位）',
            own_text := cast(departments as varchar), occurred_on := charged_on)) as varchar) as detail,
        o.practitioner_id as part,
        round(1 - 0.5 * pow(2, -(departments / (2.0 * greatest(usual, 1)) - 1)), 4) as weight,
        cast(null as varchar) as group_key, cast(1 as bigint) as units
    from outside as o
    left join settled as s on s.encounter_id = o.encounter_id
    union all
    select case when peers < $min_peers then 'cannot_judge' else 'clear' end,
        case when peers < $min_peers then 'too few practitioners at like institutions' end, null, null, null, null,
        null, null, null, null, null, null, null, null, count(*)
    from judged_name where peers < $min_peers or not is_many
    group by peers < $min_peers
"""
