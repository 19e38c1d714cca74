"""Drugstores that stand far above the other drugstores of their division in an indicator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from models import card
from models.detectors import _outlier
from models.detectors._outlier import Indicator

PARTS = ("models.detectors._outlier", "models.peers")

CARD = card.make(
    {
        "title": "Drugstore far above its peers",
        "title_zh": "定点零售药店指标明显高于同类药店",
        "violation": "pharmacy_pattern",
        "family": "pattern",
        "fetch": ["store"],
        "subjects": ["pharmacy"],
        "certainty": "suspected",
        "sentence": "{indicator_title}: {own_text} against {peer_text} at {peers} peers",
        "sentence_zh": "{indicator_title_zh}：本店{own_text}，同类{peers}家药店中位数{peer_text}",
        "basis": ["《医疗保障基金使用监督管理条例》第二十五条：依数据监控确定检查重点"],
        "scope": ["drugstore"],
        "window": "the whole delivered window",
        "needs": ["record.settlement", "record.fee_line"],
        "params": {
            "min_z": {"value": 3.0, "unit": "robust z", "meaning": "least distance above the peers"},
            "min_peer_ratio": {"value": 1.15, "unit": "x", "meaning": "least ratio to the peers' median"},
            "min_points": {
                "value": 2.0,
                "unit": "%",
                "meaning": "least distance of a share, percentage points",
            },
            "min_visits": {
                "value": 50,
                "unit": "events",
                "meaning": "fewer purchases, persons or lines: not judged",
            },
        },
        "exclusions": ["volumes too small to carry a ratio"],
        "exclusions_zh": ["业务量过小，比率不可靠"],
        "limits": "Stores that sell special drugs on referral and stores open all night are not told apart. The "
        "amount is the excess over the peers' median, an order of size and no demand.",
        "limits_zh": "经转诊销售特药的药店、通宵营业药店未作区分。金额为高于同类中位数的部分，仅为量级参考，"
        "非追回要求。",
    }
)

INDICATORS = (
    Indicator(
        "amount_per_purchase",
        "cost",
        "log1p",
        "purchases",
        "¥",
        "eligible yuan a purchase",
        "次均购药费用",
        "purchases",
    ),
    Indicator(
        "amount_per_person",
        "cost",
        "log1p",
        "persons",
        "¥",
        "eligible yuan a person",
        "人均购药费用",
        "persons",
    ),
    Indicator(
        "purchases_per_person_month",
        "often",
        "log1p",
        "purchases",
        "",
        "purchases a person and month",
        "人月均购药次数",
    ),
    Indicator(
        "burst_share",
        "burst",
        "share",
        "clocked_purchases",
        "%",
        "purchases in its busiest clock hour",
        "最集中一小时结算占比",
    ),
    Indicator(
        "chained_share",
        "burst",
        "share",
        "clocked_purchases",
        "%",
        "purchases within two minutes of another person's",
        "两分钟内连续多人结算占比",
    ),
    Indicator("round_share", "round", "share", "purchases", "%", "purchases of whole tens of yuan", "整十元结算占比"),
    Indicator(
        "night_share",
        "night",
        "share",
        "clocked_purchases",
        "%",
        "purchases from 22 to 6 o'clock",
        "夜间(22-6时)结算占比",
    ),
    Indicator(
        "repeated_share",
        "template",
        "share",
        "purchases",
        "%",
        "purchases of an amount the person paid before",
        "同一人员相同金额购药占比",
    ),
    Indicator(
        "ward_share",
        "ward",
        "share",
        "purchases",
        "%",
        "purchases by persons lying in hospital",
        "住院期间购药占比",
    ),
    Indicator(
        "away_share",
        "away",
        "share",
        "purchases",
        "%",
        "purchases from other prefectures",
        "异地参保人购药占比",
    ),
    Indicator(
        "top_tenth_share",
        "concentration",
        "share",
        "persons",
        "%",
        "money of the tenth of persons who spent most",
        "消费最高十分之一人员金额占比",
    ),
    Indicator(
        "dear_share",
        "dear",
        "share",
        "purchases",
        "%",
        "money for items dearer than nine tenths of all",
        "高价品种金额占比",
        "line_amount",
    ),
    Indicator(
        "patent_share",
        "tonic",
        "share",
        "purchases",
        "%",
        "money for Chinese patent medicine and herbs",
        "中成药饮片金额占比",
        "line_amount",
    ),
    Indicator(
        "tonic_share",
        "tonic",
        "share",
        "purchases",
        "%",
        "money for tonics",
        "滋补类品种金额占比",
        "line_amount",
    ),
    Indicator(
        "top_item_share",
        "top_item",
        "share",
        "purchases",
        "%",
        "money for the item that sold most",
        "销售额最高单品占比",
        "line_amount",
    ),
    Indicator(
        "price_index",
        "price",
        "log",
        "priced_lines",
        "",
        "price against the median price of the same items",
        "同品种价格指数",
        "median_price_amount",
    ),
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """One hit a drugstore and theme; clear are indicators of drugstores that stay near their peers."""
    _outlier.judge(con, "pharmacy_indicator", INDICATORS, params)
