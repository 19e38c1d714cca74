"""Operators of the fund's own counter whose repayments or re-settlements stand out: internal control."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from models import card
from models.detectors import _judged

PARTS = ("models.detectors._judged",)

CARD = card.make(
    {
        "title": "Counter repayments and re-settlements of one operator far above the others",
        "title_zh": "经办内控：零星报销、退费重结集中于个别经办人",
        "violation": "operator_outlier",
        "family": "internal_control",
        "fetch": ["internal_control"],
        "subjects": ["institution"],
        "certainty": "suspected",
        "sentence": "Operator {operator} of office {office}: {how}, where {peers} operators have {usual} (median);"
        " {off_hours}% outside office hours; here {what} of {occurred_on}, {amount} yuan",
        "sentence_zh": "经办机构{office}经办人{operator}：{how_zh}，{peers}名经办人中位数为{usual}；"
        "非工作时间占{off_hours}%；"
        "本笔{occurred_on}{what_zh}{amount}元",
        "basis": [
            "《医疗保障基金使用监督管理条例》第二十五条：依数据监控确定检查重点",
            "筛查模型 G01 经办内控：零星报销与退费重结异常",
        ],
        "window": "the whole delivered window",
        "needs": ["record.settlement.operator_id", "record.settlement.settlement_type", "record.settlement.settled_at"],
        "params": {
            "min_repaid": {
                "value": 20,
                "unit": "repayments",
                "meaning": "least of one operator for its money to count",
            },
            "min_z": {"value": 3.0, "unit": "robust z", "meaning": "least distance above the other operators"},
            "min_same": {"value": 5, "unit": "repayments", "meaning": "to one person by one operator that count alone"},
            "min_resettled": {
                "value": 5,
                "unit": "bills",
                "meaning": "taken back and settled anew for more fund money",
            },
            "max_days": {"value": 30, "unit": "days", "meaning": "between taking back and settling anew"},
            "min_operators": {"value": 5, "unit": "operators", "meaning": "fewer at counters: money is not compared"},
            "day_from": {"value": 7, "unit": "hour", "meaning": "office hours begin"},
            "day_to": {"value": 19, "unit": "hour", "meaning": "office hours end"},
        },
        "exclusions": [
            "settlements at institutions that were neither taken back nor repaid",
            "a bill settled anew for the same or less fund money: a correction",
            "the only operator on duty: with few operators money is not compared",
        ],
        "exclusions_zh": [
            "机构端结算且未退费、未零星报销",
            "重结后基金支付相同或更少：属更正",
            "唯一当班的经办人：经办人较少时不比较金额",
        ],
        "limits": "For internal control only, hence on trial: it never enters the inspectors' lists. The"
        " subject is the"
        " office (the insured division that pays), the operator stands in the detail. One operator may have the duty of"
        " all repayments: see the roster.",
        "limits_zh": "仅供内部控制，处于试运行，不进入核查名单。对象为经办机构（支付的参保区划），经办人列于明细。"
        "某经办人可能专责零星报销，应查阅排班。",
        "status": "trial",
    }
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """One hit a repayment or re-settlement at issue. Units are repayments and re-settlements."""
    _judged.empty(con)
    for step in (_HANDLED, _OPERATORS, _HITS):
        _judged.script(con, step, params)
    everyone = _judged.number(con, "select count(*) from operator_one")
    hits = _judged.number(con, "select count(*) from judged")
    nameless = _judged.number(con, "select count(*) from operator_deed where operator_id is null")
    _judged.count(con, everyone - hits, {"a repayment or re-settlement names no operator": nameless})
    _judged.drop(con, "operator_")


#: Repayments at the counter, and bills that were taken back and settled anew for more; each with who did it.
_HANDLED = """
    create or replace temp table operator_deed as
    with again as (
        select r.settlement_id as refund_id, s.settlement_id, o.fund_amount as fund_before, r.operator_id,
            row_number() over (
                partition by r.settlement_id order by s.settled_at, s.settlement_id
            ) as place
        from record.settlement as r
        join record.settlement as o on o.settlement_id = r.original_settlement_id
        join feature.settlement as s on s.person_id = r.person_id and s.institution_id = r.institution_id
            and s.settled_at > r.settled_at and date_diff('day', r.settled_at, s.settled_at) <= $max_days
            and s.started_on = o.started_on
        where r.is_refund and s.fund_amount > o.fund_amount
    )
    select 'repaid' as deed, s.settlement_id, r.operator_id, s.fund_amount as money
    from feature.settlement as s
    join record.settlement as r on r.settlement_id = s.settlement_id
    where r.settlement_type = '1'
    union all
    select 'again', a.settlement_id, coalesce(s.operator_id, a.operator_id), s.fund_amount - a.fund_before
    from again as a join feature.settlement as s on s.settlement_id = a.settlement_id
    where a.place = 1
"""

_OPERATORS = """
    create or replace temp table operator_one as
    select d.*, s.person_id, s.encounter_id, s.settled_on, s.eligible_amount,
        coalesce(s.insured_division, '-') as office,
        hour(s.settled_at) < $day_from or hour(s.settled_at) >= $day_to or dayofweek(s.settled_at) in (0, 6) as is_off
    from operator_deed as d join feature.settlement as s on s.settlement_id = d.settlement_id
    where d.operator_id is not null;
    create or replace temp table operator_sum as
    with same as (
        select office, operator_id, person_id, count(*) as times
        from operator_one where deed = 'repaid' group by office, operator_id, person_id
    )
    select o.office, o.operator_id, count(*) filter (deed = 'repaid') as repaid,
        cast(coalesce(sum(money) filter (deed = 'repaid'), 0) as double) as fund,
        count(*) filter (deed = 'again') as resettled,
        round(100 * avg(cast(is_off as integer)), 0) as off_hours,
        coalesce((
            select max(times) from same as s where s.office = o.office and s.operator_id = o.operator_id
        ), 0) as same
    from operator_one as o group by o.office, o.operator_id;
    create or replace temp table operator_found as
    with middle as (
        select median(ln(fund + 1)) as centre, median(fund) as usual_fund, median(resettled) as usual_resettled,
            median(same) as usual_same, count(*) as operators
        from operator_sum where repaid > 0 or resettled > 0
    ),
    spread as (
        select greatest(1.4826 * median(abs(ln(s.fund + 1) - m.centre)), 0.3) as sd
        from operator_sum as s cross join middle as m
    )
    select s.*, m.operators - 1 as peers, m.usual_fund, m.usual_resettled, m.usual_same,
        (ln(s.fund + 1) - m.centre) / d.sd as z,
        s.repaid >= $min_repaid and m.operators >= $min_operators and (ln(s.fund + 1) - m.centre) / d.sd >= $min_z
            as is_money,
        s.same >= $min_same as is_same,
        s.resettled >= $min_resettled and s.resettled > 2 * m.usual_resettled as is_again
    from operator_sum as s cross join middle as m cross join spread as d
    where (s.repaid >= $min_repaid and m.operators >= $min_operators and (ln(s.fund + 1) - m.centre) / d.sd >= $min_z)
        or s.same >= $min_same or (s.resettled >= $min_resettled and s.resettled > 2 * m.usual_resettled)
"""

_HITS = """
    insert into judged by name
    with repeated as (
        select office, operator_id, person_id from operator_one where deed = 'repaid'
        group by office, operator_id, person_id having count(*) >= $min_same
    )
    select 'hit' as outcome, o.settlement_id, o.encounter_id, o.person_id, o.office as institution_id,
        o.settled_on as occurred_on,
        cast(case o.deed when 'again' then o.money else o.eligible_amount end as decimal(16, 2)) as amount,
        o.operator_id || o.deed as part, 1 as units,
        case when f.is_money and (f.is_same or f.is_again) then 1.0 else 0.6 end as weight,
        cast(to_json(struct_pack(operator := f.operator_id, office := f.office, peers := f.peers,
            off_hours := cast(f.off_hours as integer), repaid := f.repaid, resettled := f.resettled, same := f.same,
            z := round(f.z, 1),
            usual := cast(case when f.is_money then f.usual_fund when f.is_again then f.usual_resettled
                else f.usual_same end as bigint),
            how := case when f.is_money then f.repaid || ' repayments, ' || cast(f.fund as bigint) || ' yuan'
                when f.is_again then f.resettled || ' bills taken back and settled anew for more'
                else f.same || ' repayments to one person' end,
            how_zh := case when f.is_money then '零星报销' || f.repaid || '笔' || cast(f.fund as bigint) || '元'
                when f.is_again then '退费后重结且基金增加' || f.resettled || '笔'
                else '向同一人零星报销' || f.same || '笔' end,
            what := case o.deed when 'again' then 'a re-settlement' else 'a repayment' end,
            what_zh := case o.deed when 'again' then '重结增加' else '零星报销' end,
            occurred_on := o.settled_on,
            amount := case o.deed when 'again' then o.money else o.eligible_amount end)) as varchar) as detail
    from operator_found as f
    join operator_one as o on o.office = f.office and o.operator_id = f.operator_id
    left join repeated as r on r.office = o.office and r.operator_id = o.operator_id and r.person_id = o.person_id
    where case o.deed when 'again' then f.is_again
        else f.is_money or (f.is_same and r.person_id is not null) end
"""
