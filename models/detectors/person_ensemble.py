"""Persons who are unusual in several indicators taken together: a second opinion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from models import card
from models.detectors import _ensemble, person_peer_outlier
from models.detectors._outlier import PERSONS

PARTS = (*_ensemble.PARTS, "models.detectors.person_peer_outlier")

CARD = card.make(
    {
        "title": "Person unusual in several indicators at once",
        "title_zh": "参保人多项指标综合异常",
        "violation": "person_pattern",
        "family": "pattern",
        "fetch": ["ensemble"],
        "subjects": ["person"],
        "certainty": "suspected",
        "sentence": "More unusual than {place}% of {subjects} persons in {themes} respects: {reason_text}",
        "sentence_zh": "综合异常程度位于{subjects}人中的第{place}百分位，在{themes}个方面明显偏高：{reason_text_zh}",
        "basis": ["《医疗保障基金使用监督管理条例》第二十五条：依数据监控确定检查重点；第十七条、第四十一条"],
        "window": "the whole delivered window",
        "needs": ["record.settlement", "record.fee_line"],
        "params": _ensemble.PARAMS
        | _ensemble.MATERIAL
        | {
            "quantile": {"value": 0.99, "unit": "share", "meaning": "subjects that score below this share: clear"},
            "min_visits": {"value": 12, "unit": "bills", "meaning": "one a month in a year; fewer: not looked at"},
            "min_stays": {"value": 3, "unit": "stays", "meaning": "fewer stays: not measured"},
            "trees": {"value": 100, "min": 1, "unit": "trees", "meaning": "of one isolation forest"},
        },
        "exclusions": [
            "fewer bills than one a month in a year",
            "too few indicators measured",
            "fewer than 12 subjects",
            "one high indicator alone",
        ],
        "exclusions_zh": ["年内就诊购药不足每月一次", "可计算指标过少", "少于 12 人", "仅一项指标偏高"],
        "limits": "A second opinion on the peer indicators of persons, not further evidence: isolation forest,"
        " nearest neighbours and upper tails, averaged, of many persons against a sample. It says what is unusual, not"
        " what is wrong, and carries no amount.",
        "limits_zh": "是对参保人同类对比指标的第二意见，并非新增证据：孤立森林、最近邻和上尾概率的平均，"
        "人数多时以抽样为参照。说明何处异常，不说明何处有误，不列金额。",
        "status": "trial",
    }
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """At most one hit a subject; clear are subjects that are as usual as the others."""
    _ensemble.judge(con, "person_indicator", person_peer_outlier.INDICATORS, params, PERSONS)
