"""Persons who stand far above those of the same disease, age, sex and insurance in an indicator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from models import card
from models.detectors import _outlier
from models.detectors._outlier import PERSONS, Indicator

PARTS = ("models.detectors._outlier", "models.peers")

CARD = card.make(
    {
        "title": "Person far above the peers",
        "title_zh": "参保人指标明显高于同类人员",
        "violation": "person_pattern",
        "family": "pattern",
        "fetch": ["frequency"],
        "subjects": ["person"],
        "certainty": "suspected",
        "sentence": "{indicator_title}: {own_text} against {peer_text} of {peers} persons of the same disease, age, sex"
        " and insurance",
        "sentence_zh": "{indicator_title_zh}：本人{own_text}，同病种、年龄、性别、险种{peers}人中位数{peer_text}",
        "basis": ["《医疗保障基金使用监督管理条例》第二十五条：依数据监控确定检查重点；第十七条、第四十一条"],
        "window": "the whole delivered window",
        "needs": ["record.settlement", "record.fee_line"],
        "params": {
            "min_z": {
                "value": 5.2,
                "unit": "robust z",
                "meaning": "least distance above the peers: a normal value exceeds it once in 10 million, the order of"
                " persons times indicators of a prefecture",
            },
            "min_peer_ratio": {"value": 1.15, "unit": "x", "meaning": "least ratio to the peers' median"},
            "min_points": {"value": 2.0, "unit": "%", "meaning": "least distance of a share, percentage points"},
            "min_visits": {"value": 12, "unit": "bills", "meaning": "one a month in a year; fewer: not looked at"},
            "min_stays": {"value": 3, "unit": "stays", "meaning": "fewer stays: not judged"},
        },
        "exclusions": [
            "fewer bills than one a month in a year",
            "a registered disease that too few others have: cannot judge",
            "volumes too small to carry a ratio",
        ],
        "exclusions_zh": ["年内就诊购药不足每月一次", "登记病种同病人数过少：无法判定", "次数过少，比率不可靠"],
        "limits": "The ill differ more than indicators can tell: a disease not registered, its stage, a hospital far"
        " from home explain most. Families that come together look like cards handed in together. A person's second"
        " registered disease is not seen. The amount is the excess over the peers' median, an order of size and no"
        " demand.",
        "limits_zh": "病情差异远超指标所能反映：未登记的疾病、病程阶段、就诊机构较远可解释大部分差异。"
        "家人结伴就诊与集中持卡相似。仅按登记病种中最少见者比较。金额为高于同类中位数的部分，仅为量级参考，非追回要求。",
        "status": "trial",
    }
)

INDICATORS = (
    Indicator("bills_per_month", "often", "log1p", "bills", "", "visits and purchases a month", "月均就诊购药次数"),
    Indicator("busiest_month_days", "often", "log1p", "bills", "", "days of its busiest month", "最多月份就诊购药天数"),
    Indicator("busiest_day_share", "burst", "share", "bills", "%", "bills of its busiest day", "最多一日结算占比"),
    Indicator("institutions", "places", "log1p", "visits", "", "institutions visited", "就诊机构数"),
    Indicator(
        "several_place_day_share",
        "places",
        "share",
        "visit_days",
        "%",
        "days at several institutions",
        "一日多机构就诊天数占比",
    ),
    Indicator("pharmacies", "stores", "log1p", "purchases", "", "drugstores bought at", "购药药店数"),
    Indicator("practitioners", "practitioners", "log1p", "visits", "", "practitioners seen", "开单医师数"),
    Indicator("away_share", "away", "share", "placed_bills", "%", "bills away from home", "居住地以外结算占比"),
    Indicator(
        "night_share", "night", "share", "clocked_bills", "%", "bills from 22 to 6 o'clock", "夜间(22-6时)结算占比"
    ),
    Indicator(
        "companion_share",
        "company",
        "share",
        "clocked_bills",
        "%",
        "bills next to the same person again",
        "与同一他人反复先后结算占比",
    ),
    Indicator(
        "repeated_share",
        "template",
        "share",
        "bills",
        "%",
        "bills of an amount had there before",
        "同一机构相同金额结算占比",
    ),
    Indicator("round_share", "round", "share", "bills", "%", "bills of whole tens of yuan", "整十元结算占比"),
    Indicator("ward_share", "ward", "share", "bills", "%", "bills while in hospital", "住院期间院外结算占比"),
    Indicator("counter_share", "counter", "share", "bills", "%", "bills paid back at the counter", "零星报销占比"),
    Indicator("amount_per_month", "cost", "log1p", "bills", "¥", "eligible yuan a month", "月均费用", "window_months"),
    Indicator("amount_per_bill", "cost", "log1p", "bills", "¥", "eligible yuan a bill", "次均费用", "bills"),
    Indicator("drugs", "drugs", "log1p", "collections", "", "different drugs", "药品品种数"),
    Indicator("places_per_drug", "supply", "log1p", "collections", "", "places a drug", "单一药品取药机构数"),
    Indicator(
        "held_share",
        "supply",
        "share",
        "collections",
        "%",
        "money for drugs still at home",
        "余量充足仍取药金额占比",
        "known_amount",
    ),
    Indicator("supply_ratio", "supply", "log", "resupplies", "", "days of supply a day", "用药天数与经过天数之比"),
    Indicator(
        "dear_share",
        "dear",
        "share",
        "collections",
        "%",
        "money for the dearest tenth of drugs",
        "高价药金额占比",
        "drug_amount",
    ),
    Indicator("stay_share", "stays", "share", "encounters", "%", "stays among visits and stays", "住院占就诊比例"),
    Indicator("nights_per_stay", "long", "log1p", "ended_stays", "", "nights a stay", "平均住院天数"),
    Indicator("repeated_stay_share", "again", "share", "stays", "%", "stays again within 15 days", "15日内再入院占比"),
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """One hit a person and theme; clear are indicators of persons who stay near their peers."""
    _outlier.judge(con, "person_indicator", INDICATORS, params, PERSONS)
