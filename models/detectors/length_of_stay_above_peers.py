"""Hospitals where persons stay on after treatment has ended, or far longer than elsewhere with the same illness."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from models import card
from models.detectors import _stay_shares
from models.detectors._stay_shares import Share

PARTS = ("models.detectors._stay_shares", "models.detectors._outlier", "models.peers")

CARD = card.make(
    {
        "title": "Stays far longer than at peers, or quiet at their end",
        "title_zh": "住院时间明显长于同类、后期无检查用药的住院占比明显高于同类（疑似延长住院）",
        "violation": "prolonged_stay",
        "family": "stay",
        "subjects": ["institution", "practitioner"],
        "certainty": "suspected",
        "scope": ["inpatient"],
        "sentence": _stay_shares.SENTENCE,
        "sentence_zh": _stay_shares.SENTENCE_ZH,
        "basis": [
            "《医疗保障基金使用监督管理条例》第三十八条第（一）、（二）项：挂床住院、提供其他不必要的医药服务",
            "筛查模型 B13 按床日/精神长期住院异常",
        ],
        "window": "the whole delivered window",
        "needs": ["record.fee_line.fee_category", "record.fee_line.charged_at"],
        "params": {
            "min_z": {"value": 3.0, "unit": "robust z", "meaning": "least distance above the peers"},
            "min_ratio": {"value": 2.0, "unit": "x", "meaning": "least ratio to the expected and the peers' share"},
            "min_points": {"value": 10.0, "unit": "%", "meaning": "least distance in percentage points"},
            "min_stays": {"value": 6, "unit": "stays", "meaning": "fewer judged stays: not judged"},
            "min_flagged": {"value": 4, "unit": "stays", "meaning": "fewer stays of the kind: no hit"},
            "quiet_nights": {
                "value": 3,
                "unit": "nights",
                "meaning": "at the end of a stay, after the day of the last drug, examination, test or operation",
            },
            "quiet_share": {"value": 0.25, "unit": "share", "meaning": "of the nights, the same"},
            "long_ratio": {
                "value": 1.75,
                "unit": "x",
                "meaning": "of the usual nights (geometric mean) of the diagnosis at other institutions",
            },
            "long_nights": {"value": 4, "unit": "nights", "meaning": "beyond the usual nights, at least"},
            "min_like": {"value": 10, "unit": "stays", "meaning": "of the diagnosis elsewhere; fewer: not judged"},
            "bulk_share": {
                "value": 0.6,
                "unit": "share",
                "meaning": "of a stay's lines on its busiest day, on average: quiet ends are not judged there",
            },
        },
        "exclusions": [
            "stays that ended in death or a transfer, day surgery and day care, stays still going on",
            "what age, sex and chapter of diagnosis explain, and for the length the diagnosis itself",
            "take-home drugs and what is charged on the day of leaving",
            "hospitals that charge a stay in one go, lines without fee category: no quiet end is judged there",
            "few stays or peers, diagnoses that are rare elsewhere: cannot judge or not counted",
        ],
        "exclusions_zh": [
            "死亡或转院、日间手术和日间病房、尚未结束的住院",
            "可由年龄、性别、诊断章解释的部分；住院时间另按诊断比较",
            "出院带药和出院当日收费",
            "一次性记账的医院、明细缺少费用类别：不判定后期用药检查",
            "住院或同类较少：无法判定；他处少见的诊断不计",
        ],
        "limits": "Training and physiotherapy go on without drugs: read the treatment records of the last days. Who has"
        " no home to go to stays on everywhere. The amount is the money of the quiet days, or bed, nursing and ward"
        " rounds of the nights beyond the usual, in the part beyond the usual share.",
        "limits_zh": "康复训练、理疗可不用药，应查阅后期治疗记录；无家可归者在各处均会滞留。"
        "金额为后期无检查用药各日的费用，或超出通常住院天数的床位、护理、诊查费，取超出正常占比的部分。",
    }
)

SHARES = (
    Share(
        "quiet_end",
        "Stays whose last nights went by without a drug, an examination, a test or an operation",
        "后期无用药、检查、检验、手术的住院",
        money="quiet_amount",
        by_level=False,
        by_kind=False,
        by_group=False,
    ),
    Share(
        "long",
        "Stays far longer than usual for their diagnosis",
        "住院天数远超同病种的住院",
        money="long_amount",
        by_level=False,
        by_kind=False,
    ),
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """One hit a stay of the kind at an institution whose share stands out. Units are stays, once a share."""
    names = ("quiet_nights", "quiet_share", "long_ratio", "long_nights", "min_like", "bulk_share")
    con.execute(_FLAGS, {k: params[k] for k in names})
    _stay_shares.judge(con, SHARES, params)
    con.execute("drop table stay_flag")


_FLAGS = """
    create or replace temp table stay_flag as
    with poster as (
        select institution_id, avg(busiest_share) > $bulk_share as is_bulk
        from feature.stay where days >= 3 group by institution_id
    ),
    known as (
        select s.*, coalesce(p.is_bulk, false) as is_bulk, s.lines > 0 and s.unsorted_lines = 0 as is_sorted,
            substr(s.diagnosis_code, 1, 3) || case when s.is_operated then '+' else '' end as disease
        from feature.stay as s
        left join poster as p on p.institution_id = s.institution_id
        where s.days >= 2 and not s.is_ward_day and coalesce(s.discharge_way, '1') not in ('2', '3', '5')
    ),
    last_done as (
        select l.encounter_id, max(l.charged_on) as on_date
        from feature.fee_line as l
        join known as k on k.encounter_id = l.encounter_id
        where l.fee_category in ('03', '04', '06', '09', '10', '11') and not coalesce(l.is_take_home, false)
            and l.charged_on >= k.started_on and l.charged_on < k.ended_on
        group by l.encounter_id
    ),
    money as (
        select l.encounter_id,
            sum(case when l.charged_on > d.on_date and l.charged_on < k.ended_on then l.eligible_amount end) as quiet,
            sum(case when l.fee_category in ('01', '02', '07') then l.eligible_amount end) as bed
        from feature.fee_line as l
        join known as k on k.encounter_id = l.encounter_id
        left join last_done as d on d.encounter_id = l.encounter_id
        group by l.encounter_id
    ),
    own as (
        select disease, institution_id, count(*) as n, sum(cast(ln(days) as decimal(18, 9))) as logs
        from known where disease is not null group by disease, institution_id
    ),
    elsewhere as (
        select disease, institution_id, sum(n) over d - n as n, sum(logs) over d - logs as logs
        from own window d as (partition by disease)
    ),
    usual as (
        select disease, institution_id, exp(cast(logs as double) / n) as nights from elsewhere where n >= $min_like
    )
    select k.institution_id, k.encounter_id, k.chapter, k.stratum,
        case when k.is_sorted and not k.is_bulk and d.on_date is not null
            then date_diff('day', d.on_date, k.ended_on) - 1 >= greatest($quiet_nights, $quiet_share * k.days)
            end as quiet_end,
        m.quiet as quiet_amount,
        case when u.nights is not null
            then k.days >= $long_ratio * u.nights and k.days >= u.nights + $long_nights end as long,
        m.bed * (1 - u.nights / k.days) as long_amount
    from known as k
    left join last_done as d on d.encounter_id = k.encounter_id
    left join money as m on m.encounter_id = k.encounter_id
    left join usual as u on u.disease = k.disease and u.institution_id = k.institution_id
"""
