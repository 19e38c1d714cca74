"""Hospitals where stays cost far less, or far more, than the same disease and treatment does at the level."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from models import card
from models.detectors import _paid_group, _stay_shares
from models.detectors._stay_shares import Share

PARTS = (
    "models.detectors._stay_shares",
    "models.detectors._paid_group",
    "models.detectors._outlier",
    "models.peers",
)

CARD = card.make(
    {
        "title": "Resources used do not fit the paid group",
        "title_zh": "费用与病组不符（低倍率、高倍率病例占比明显高于同类）",
        "violation": "group_cost",
        "family": "coding",
        "subjects": ["institution"],
        "certainty": "suspected",
        "scope": ["inpatient"],
        "sentence": _stay_shares.SENTENCE,
        "sentence_zh": _stay_shares.SENTENCE_ZH,
        "basis": [
            "《医疗保障基金使用监督管理条例》第三十八条第（七）项：造成医疗保障基金损失的其他违法行为",
            "筛查模型 E02 编码-资源背离",
        ],
        "window": "the whole delivered window",
        "needs": ["record.settlement.payment_method", "record.fee_line.fee_category"],
        "params": {
            "min_z": {"value": 3.0, "unit": "robust z", "meaning": "least distance above the peers"},
            "min_ratio": {"value": 2.0, "unit": "x", "meaning": "least ratio to the expected and the peers' share"},
            "min_points": {"value": 10.0, "unit": "%", "meaning": "least distance in percentage points"},
            "min_stays": {"value": 30, "unit": "stays", "meaning": "fewer judged stays: not judged"},
            "min_flagged": {"value": 10, "unit": "stays", "meaning": "fewer stays of the kind: no hit"},
            "min_group": {"value": 20, "unit": "stays", "meaning": "of a group elsewhere, to say what it costs"},
            "low": {"value": 0.5, "unit": "x", "meaning": "of the group's median below which a stay is cheap"},
            "high": {"value": 2.5, "unit": "x", "meaning": "of the group's median above which a stay is dear"},
            "methods": {"value": "2,3,4", "meaning": "codes of payment by disease, point or group (DRG/DIP)"},
        },
        "exclusions": [
            "stays that ended in death or a transfer, and stays of one night",
            "diseases treated in courses, mental disorders, pregnancy, newborns",
            "groups with too few stays elsewhere: not counted",
            "stays paid by service or by the bed-day",
        ],
        "exclusions_zh": [
            "死亡、转院的住院及仅一天的住院",
            "分疗程治疗的疾病、精神障碍、妊娠、新生儿",
            "他院住院过少的病组：不计",
            "按项目付费或按床日付费的住院",
        ],
        "limits": "The paid group is not in the export: category of the principal diagnosis, operation or not"
        " and level stand for it. An efficient hospital is cheap as well; the loss is the difference of two"
        " payment standards, so there is no amount.",
        "limits_zh": "付费病组不在导出数据中，以主诊断类目、有无手术和机构级别代替。效率高的医院费用也低；"
        "损失为两种支付标准之差，故不列金额。",
        "status": "trial",
    }
)

SHARES = (
    Share("cheap", "Stays far cheaper than their group (paid as a group)", "低倍率（费用远低于病组中位数）住院", False),
    Share("dear", "Stays far dearer than their group (paid as a group)", "高倍率（费用远高于病组中位数）住院", False),
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """One hit a stay of the kind at an institution whose share stands out. Units are stays, once a share."""
    _paid_group.ratios(con, int(params["min_group"]))
    con.execute(_FLAGS, {k: params[k] for k in ("low", "high", "methods")})
    _stay_shares.judge(con, SHARES, params)
    con.execute("drop table stay_flag")
    con.execute("drop table group_ratio")


_FLAGS = """
    create or replace temp table stay_flag as
    select institution_id, encounter_id, chapter, stratum, ratio < $low as cheap, ratio > $high as dear
    from group_ratio
    where list_contains(string_split($methods, ','), coalesce(payment_method, ''))
        and coalesce(discharge_way, '1') not in ('2', '3', '5') and days > 1 and not is_expected
"""
