"""Practitioners who stand far above those of the same department and kind of institution in an indicator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from models import card
from models.detectors import _outlier
from models.detectors._outlier import PRACTITIONERS, Indicator

PARTS = ("models.detectors._outlier", "models.peers")

CARD = card.make(
    {
        "title": "Practitioner far above the peers",
        "title_zh": "医师指标明显高于同科室同类医师",
        "violation": "practitioner_pattern",
        "family": "pattern",
        "fetch": ["medication", "pattern"],
        "subjects": ["practitioner"],
        "certainty": "suspected",
        "sentence": "{indicator_title}: {own_text} against {peer_text} of {peers} peers",
        "sentence_zh": "{indicator_title_zh}：本医师{own_text}，同类{peers}名医师中位数{peer_text}",
        "basis": ["《医疗保障基金使用监督管理条例》第二十五条：依数据监控确定检查重点"],
        "window": "the whole delivered window",
        "needs": ["record.settlement", "record.fee_line.ordering_practitioner_id"],
        "params": {
            "min_z": {
                "value": 4.3,
                "unit": "robust z",
                "meaning": "least distance above the peers: a normal value exceeds it once in 100,000, the order of"
                " practitioners times indicators of a prefecture",
            },
            "min_peer_ratio": {"value": 1.15, "unit": "x", "meaning": "least ratio to the peers' median"},
            "min_points": {"value": 2.0, "unit": "%", "meaning": "least distance of a share, percentage points"},
            "min_visits": {"value": 30, "unit": "events", "meaning": "fewer visits, persons or days: not judged"},
            "min_stays": {"value": 10, "unit": "stays", "meaning": "fewer stays: not judged"},
        },
        "exclusions": [
            "codes of zeros that stand for nobody",
            "volumes too small to carry a ratio",
            "what departments differ in, where the department has too few practitioners at like institutions",
            "persons a day, departments signed in, one store for all prescriptions: detectors of their own judge them",
        ],
        "exclusions_zh": [
            "全零编码，不对应具体医师",
            "业务量过小，比率不可靠",
            "同类机构同科室医师过少时，随科室而异的指标",
            "日接诊量、签名科室数、处方集中于一家药店：由专门的检测器判定",
        ],
        "limits": "Not adjusted for case mix: a special clinic within a department explains much. The department is"
        " where most of the name's encounters were. The amount is the excess over the peers' median, an order of size"
        " and no demand.",
        "limits_zh": "未按病种结构调整：科室内的专病门诊可解释大部分差异。科室取该医师就诊最多者。"
        "金额为高于同类中位数的部分，仅为量级参考，非追回要求。",
        "status": "trial",
    }
)

INDICATORS = (
    Indicator("persons_per_day", "busy", "log1p", "person_days", "", "persons a day", "日均接诊人数", by_kind=True),
    Indicator("busiest_ratio", "busy", "log1p", "visit_days", "", "busiest day over the usual", "最忙日与日均之比"),
    Indicator("days_per_month", "days", "log1p", "days", "", "days with orders a month", "月均开单天数", by_kind=True),
    Indicator(
        "amount_per_visit", "cost", "log1p", "visits", "¥", "eligible yuan a visit", "次均门诊费用", "visits", True
    ),
    Indicator(
        "amount_per_person", "cost", "log1p", "persons", "¥", "eligible yuan a person", "人均门诊费用", "persons", True
    ),
    Indicator("lines_per_visit", "items", "log1p", "visits", "", "fee lines a visit", "次均明细条数", by_kind=True),
    Indicator("visits_per_person", "often", "log1p", "visits", "", "visits a person", "人均就诊次数", by_kind=True),
    Indicator("away_line_share", "elsewhere", "share", "lines", "%", "orders elsewhere", "在其他机构开单占比"),
    Indicator(
        "outside_share", "outside", "share", "placed_visits", "%", "visits in other departments", "其他科室接诊占比"
    ),
    Indicator("drug_share", "mix", "share", "visits", "%", "money for drugs", "药品费占比", "visit_amount", True),
    Indicator("exam_share", "mix", "share", "visits", "%", "money for tests", "检查检验费占比", "visit_amount", True),
    Indicator(
        "treatment_share", "mix", "share", "visits", "%", "money for treatment", "治疗费占比", "visit_amount", True
    ),
    Indicator(
        "dear_share",
        "dear",
        "share",
        "visits",
        "%",
        "drug money for the dearest tenth",
        "高价药金额占比",
        "drug_amount",
        True,
    ),
    Indicator(
        "held_share",
        "held",
        "share",
        "visits",
        "%",
        "money for drugs that the person still has",
        "余量充足仍开药金额占比",
        "known_amount",
    ),
    Indicator(
        "night_share", "night", "share", "clocked_visits", "%", "visits from 22 to 6 o'clock", "夜间(22-6时)接诊占比"
    ),
    Indicator(
        "rest_share", "rest", "share", "planned_visits", "%", "visits on days off", "节假日接诊占比", by_kind=True
    ),
    Indicator(
        "repeated_share",
        "template",
        "share",
        "visits",
        "%",
        "visits of an amount the person had before",
        "同一人员相同金额就诊占比",
        by_kind=True,
    ),
    Indicator(
        "shared_share",
        "template",
        "share",
        "visits",
        "%",
        "visits of an amount another had that day",
        "同日不同人员相同金额就诊占比",
        by_kind=True,
    ),
    Indicator("round_share", "round", "share", "visits", "%", "visits of whole tens of yuan", "整十元就诊占比"),
    Indicator(
        "companion_share",
        "company",
        "share",
        "clocked_visits",
        "%",
        "visits next to the same person again",
        "与同一他人反复相邻就诊占比",
        by_kind=True,
    ),
    Indicator(
        "roaming_share",
        "roaming",
        "share",
        "visits",
        "%",
        "visits of persons who go to many institutions",
        "多机构就诊人员占比",
        by_kind=True,
    ),
    Indicator(
        "ward_share",
        "ward",
        "share",
        "visits",
        "%",
        "visits of persons in hospital elsewhere",
        "在他院住院人员就诊占比",
    ),
    Indicator(
        "top_tenth_share",
        "concentration",
        "share",
        "persons",
        "%",
        "money of the dearest tenth of persons",
        "费用最高十分之一人员金额占比",
        by_kind=True,
    ),
    Indicator(
        "top_store_share",
        "store",
        "share",
        "purchases",
        "%",
        "prescriptions taken to one store",
        "处方流向同一药店占比",
    ),
    Indicator(
        "amount_per_stay", "stay_cost", "log1p", "stays", "¥", "eligible yuan a stay", "次均住院费用", "stays", True
    ),
    Indicator("nights_per_stay", "long", "log1p", "ended_stays", "", "nights a stay", "平均住院天数", by_kind=True),
    Indicator(
        "short_stay_share",
        "short",
        "share",
        "ended_stays",
        "%",
        "stays of one or two nights",
        "短住院占比",
        by_kind=True,
    ),
    Indicator("repeated_stay_share", "again", "share", "stays", "%", "stays again within 15 days", "15日内再入院占比"),
    Indicator(
        "rest_stay_share", "rest", "share", "stays", "%", "stays begun on days off", "节假日入院占比", by_kind=True
    ),
    Indicator(
        "idle_day_share",
        "idle",
        "share",
        "stays",
        "%",
        "days with bed and nursing only",
        "仅床位护理费天数占比",
        by_kind=True,
    ),
    Indicator(
        "exam_stay_share",
        "stay_mix",
        "share",
        "stays",
        "%",
        "money of stays for tests",
        "住院检查检验费占比",
        "inpatient_amount",
        True,
    ),
)

#: What practitioner_volume, shared_signature and prescription_flow judge, by day, department and chance.
JUDGED_ELSEWHERE = frozenset({"persons_per_day", "busiest_ratio", "outside_share", "top_store_share"})


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """One hit a practitioner and theme; clear are indicators of practitioners who stay near their peers."""
    spoken = [i for i in INDICATORS if i.name not in JUDGED_ELSEWHERE]
    _outlier.judge(con, "practitioner_indicator", spoken, params, PRACTITIONERS)
