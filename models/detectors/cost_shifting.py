"""Hospitals whose stays leave unusually much to be paid beside them: out-patient bills around, own money inside."""

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
        "title": "Costs of stays moved outside them",
        "title_zh": "疑似转嫁住院费用（住院前后门诊购药、自费占比明显高于同类）",
        "violation": "cost_shifting",
        "family": "coding",
        "fetch": ["shifted_cost"],
        "subjects": ["institution"],
        "certainty": "suspected",
        "scope": ["inpatient"],
        "sentence": _stay_shares.SENTENCE,
        "sentence_zh": _stay_shares.SENTENCE_ZH,
        "basis": [
            "《医疗保障基金使用监督管理条例》第三十八条第（七）项：造成医疗保障基金损失的其他违法行为",
            "筛查模型 E03 转嫁费用",
        ],
        "window": "the stay and three days before and after",
        "needs": ["record.settlement"],
        "params": {
            "min_z": {"value": 3.0, "unit": "robust z", "meaning": "least distance above the peers"},
            "min_ratio": {"value": 2.0, "unit": "x", "meaning": "least ratio to the expected and the peers' share"},
            "min_points": {"value": 5.0, "unit": "%", "meaning": "least distance in percentage points"},
            "min_stays": {"value": 20, "unit": "stays", "meaning": "fewer judged stays: not judged"},
            "min_flagged": {"value": 8, "unit": "stays", "meaning": "fewer stays of the kind: no hit"},
            "around_share": {
                "value": 0.3,
                "unit": "share",
                "meaning": "bills outside the stay, three days before to three days after, of its own",
            },
            "self_share": {"value": 0.3, "unit": "share", "meaning": "of the bill outside the catalogue"},
        },
        "exclusions": [
            "diseases treated in courses, mental disorders, pregnancy, newborns",
            "day surgery and day care",
            "what age, sex, chapter of diagnosis and level explain",
        ],
        "exclusions_zh": [
            "分疗程治疗的疾病、精神障碍、妊娠、新生儿",
            "日间手术和日间病房",
            "可由年龄、性别、诊断章和机构级别解释的部分",
        ],
        "limits": "Tests before an operation are billed out-patient where the area allows it, chronic drugs are"
        " fetched after a stay. No money of the fund is at issue in the stay itself.",
        "limits_zh": "当地允许的，术前检查可按门诊结算；慢性病用药在出院后取药。住院本身不涉及基金金额。",
    }
)

SHARES = (
    Share("around", "Stays with large out-patient or drugstore bills right before, in or after them",
          "住院前后三日内另有大额门诊、购药的住院", False, False),
    Share("self_paid", "Stays with much outside the catalogue", "自费占比高的住院", False),
)  # fmt: skip


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """One hit a stay of the kind at an institution whose share stands out. Units are stays, once a share."""
    con.execute(_FLAGS, {k: params[k] for k in ("around_share", "self_share")})
    _stay_shares.judge(con, SHARES, params)
    con.execute("drop table stay_flag")


_FLAGS = """
    create or replace temp table stay_flag as
    select institution_id, encounter_id, chapter, stratum,
        around_amount >= $around_share * total_amount as around, self_paid_amount >= $self_share * total_amount
            as self_paid
    from feature.stay
    where days is not null and not is_expected and not is_ward_day and total_amount > 0
"""
