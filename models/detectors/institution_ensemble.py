"""Medical institutions that are unusual in several indicators taken together: a second opinion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from models import card
from models.detectors import _ensemble

PARTS = _ensemble.PARTS

CARD = card.make(
    {
        "title": "Institution unusual in several indicators at once",
        "title_zh": "定点医疗机构多项指标综合异常",
        "violation": "institution_pattern",
        "family": "pattern",
        "fetch": ["ensemble"],
        "subjects": ["institution"],
        "certainty": "suspected",
        "sentence": "More unusual than {place}% of {subjects} in {themes} respects: {reason_text}",
        "sentence_zh": "综合异常程度位于{subjects}家中的第{place}百分位，在{themes}个方面明显偏高：{reason_text_zh}",
        "basis": ["《医疗保障基金使用监督管理条例》第二十五条：依数据监控确定检查重点"],
        "window": "the whole delivered window",
        "needs": ["record.settlement", "record.fee_line"],
        "params": _ensemble.PARAMS
        | {"min_stays": {"value": 20, "unit": "stays", "meaning": "fewer stays: not measured"}},
        "exclusions": ["too few indicators measured", "fewer than 12 subjects", "one high indicator alone"],
        "exclusions_zh": ["可计算指标过少", "少于 12 家", "仅一项指标偏高"],
        "limits": "A second opinion on the peer indicators of institutions, not further evidence: isolation"
        " forest, nearest neighbours and upper tails, averaged. It says what is unusual, not what is wrong, and"
        " carries no amount.",
        "limits_zh": "是对机构同类对比指标的第二意见，并非新增证据：孤立森林、最近邻和上尾概率的平均。"
        "说明何处异常，不说明何处有误，不列金额。",
        "status": "trial",
    }
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """At most one hit a subject; clear are subjects that are as usual as the others."""
    _ensemble.judge(con, "institution_indicator", _indicators(), params)  # type: ignore[no-untyped-call]


def _indicators():  # type: ignore[no-untyped-def]
    from pathlib import Path

    import polars as pl

    from models.detectors.peers import method

    return method.indicators(
        pl.read_csv(Path(__file__).parent / "peers/institution_peer_outlier/indicators.csv", infer_schema=False)
    )
