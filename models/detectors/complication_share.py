"""Hospitals that code complications far more often than others do for the same persons, or where they cost nothing."""

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
        "title": "Complications coded far more often than at peers",
        "title_zh": "并发症合并症（MCC/CC）编码占比明显高于同类（疑似高编高套）",
        "violation": "upcoding",
        "family": "coding",
        "subjects": ["institution"],
        "certainty": "suspected",
        "scope": ["inpatient"],
        "sentence": _stay_shares.SENTENCE,
        "sentence_zh": _stay_shares.SENTENCE_ZH,
        "basis": [
            "《医疗保障基金使用监督管理条例》第三十八条第（七）项：造成医疗保障基金损失的其他违法行为",
            "筛查模型 E01 高编高套（MCC/CC 占比）",
        ],
        "window": "the whole delivered window",
        "needs": ["record.diagnosis"],
        "params": {
            "min_z": {"value": 3.0, "unit": "robust z", "meaning": "least distance above the peers"},
            "min_ratio": {"value": 1.5, "unit": "x", "meaning": "least ratio to the expected and the peers' share"},
            "min_points": {"value": 5.0, "unit": "%", "meaning": "least distance in percentage points"},
            "min_stays": {"value": 20, "unit": "stays", "meaning": "fewer judged stays: not judged"},
            "min_flagged": {"value": 4, "unit": "stays", "meaning": "fewer stays of the kind: no hit"},
            "min_plain": {
                "value": 10,
                "unit": "stays",
                "meaning": "of the same diagnosis without complication, to say what those cost",
            },
            "cc_adds": {"value": 0.2, "unit": "share", "meaning": "of a stay's payment that a CC adds, at least"},
            "mcc_adds": {"value": 0.5, "unit": "share", "meaning": "the same of an MCC; the area's weights tell both"},
        },
        "exclusions": [
            "complications of the principal diagnosis's own category (first three characters)",
            "what age, sex, chapter of diagnosis and level explain",
            "stays still going on, day care",
            "stays without a list of diagnoses: not counted; few stays or peers: cannot judge",
        ],
        "exclusions_zh": [
            "与主诊断同类目（编码前三位）的并发症",
            "可由年龄、性别、诊断章和机构级别解释的部分",
            "尚未结束的住院、日间病房",
            "无诊断清单的住院不计；住院或同类较少：无法判定",
        ],
        "limits": "Referral of the severely ill shows in the same figure. Better coding after the start of DRG"
        " payment moves all peers. The loss is the difference of two payment standards, which the export does"
        " not hold: the amount is what such a complication adds to a stay of the same diagnosis and level, measured or"
        " by the shares {cc_adds:%} and {mcc_adds:%} where that is more, in the part beyond the usual share.",
        "limits_zh": "收治转诊的重症，也会使该指标偏高。DRG 付费启动后编码质量改善，会使同类普遍上升。"
        "损失为两种支付标准之差，导出数据中没有：金额按同病种同级别住院有该类并发症时多出的费用（实测值，"
        "不低于住院费用的 {cc_adds:%}、{mcc_adds:%}），取超出正常占比的部分。",
    }
)

SHARES = (
    Share(
        "complicated",
        "Stays coded with a complication (CC or MCC)",
        "编码有并发症合并症（CC/MCC）的住院",
        money="step",
    ),
    Share("severe", "Stays coded with a major complication (MCC)", "编码有严重并发症合并症（MCC）的住院", money="step"),
    Share(
        "costless",
        "Stays with a coded complication that cost no more than those without",
        "有并发症合并症编码而费用不高于无并发症者的住院",
        money="step",
    ),
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """One hit a stay with such a coding at an institution whose share stands out. Units are stays, once a share."""
    con.execute(_FLAGS, {k: params[k] for k in ("min_plain", "cc_adds", "mcc_adds")})
    _stay_shares.judge(con, SHARES, params)
    con.execute("drop table stay_flag")


_FLAGS = """
    create or replace temp table stay_flag as
    with coded as (
        select d.encounter_id, d.diagnosis_code, d.is_principal, s.diagnosis_code as principal
        from feature.visit_diagnosis as d
        join feature.stay as s on s.encounter_id = d.encounter_id
        where s.days is not null and not s.is_ward_day
    ),
    severity as (
        select c.diagnosis_code, max_by(k.severity, length(k.code_prefix)) as severity
        from (select distinct diagnosis_code from coded where not is_principal) as c
        join knowledge.complication as k on starts_with(c.diagnosis_code, k.code_prefix)
        group by c.diagnosis_code
    ),
    worst as (
        select c.encounter_id,
            max(case when c.is_principal or substr(c.diagnosis_code, 1, 3) = substr(c.principal, 1, 3) then 0
                when v.severity = 'mcc' then 2 when v.severity = 'cc' then 1 else 0 end) as level
        from coded as c
        left join severity as v on v.diagnosis_code = c.diagnosis_code
        group by c.encounter_id
    ),
    listed as (
        select distinct s.encounter_id
        from record.diagnosis as d
        join feature.settlement as s on s.settlement_id = d.settlement_id
        where s.care_setting = 'inpatient'
    ),
    known as (
        select s.*, w.level, coalesce(i.institution_level, 0) as place_level,
            substr(s.diagnosis_code, 1, 3) || case when s.is_operated then '+' else '' end as disease
        from feature.stay as s
        join worst as w on w.encounter_id = s.encounter_id
        join listed as l on l.encounter_id = s.encounter_id
        join feature.institution as i on i.institution_id = s.institution_id
        where s.diagnosis_code is not null
    ),
    plain as (
        select disease, place_level, median(cast(total_amount as double)) as amount
        from known where level = 0 group by disease, place_level having count(*) >= $min_plain
    ),
    -- What a complication adds, as a share of a stay without one; a graver one never adds less than a lighter.
    dearer as (
        select k.level, median(cast(k.total_amount as double) / p.amount) - 1 as more
        from known as k
        join plain as p on p.disease = k.disease and p.place_level = k.place_level and p.amount > 0
        where k.level > 0
        group by k.level having count(*) >= $min_plain
    ),
    step as (
        select l.level, greatest(max(d.more), l.level_adds) as more
        from (values (1, $cc_adds), (2, $mcc_adds)) as l(level, level_adds)
        left join dearer as d on d.level <= l.level
        group by l.level, l.level_adds
    )
    select k.institution_id, k.encounter_id, k.chapter, k.stratum, k.level > 0 as complicated, k.level > 1 as severe,
        case when k.level > 0 then cast(k.total_amount as double) <= p.amount end as costless,
        least(coalesce(p.amount, cast(k.total_amount as double)) * s.more, k.total_amount) as step
    from known as k
    left join plain as p on p.disease = k.disease and p.place_level = k.place_level
    left join step as s on s.level = k.level
"""
