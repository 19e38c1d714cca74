"""Medical institutions that stand far above the peers of their kind, level and ownership in an indicator."""

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
        "title": "Institution far above its peers",
        "title_zh": "定点医疗机构指标明显高于同类机构",
        "official": [56, 57, 58, 59, 60, 61],
        "violation": "institution_pattern",
        "family": "pattern",
        "fetch": ["figures", "pattern"],
        "subjects": ["institution"],
        "certainty": "suspected",
        "sentence": "{indicator_title}: {own_text} against {peer_text} at {peers} peers",
        "sentence_zh": "{indicator_title_zh}：本机构{own_text}，同类{peers}家机构中位数{peer_text}",
        "basis": ["《医疗保障基金使用监督管理条例》第二十五条：依数据监控确定检查重点"],
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
                "meaning": "fewer visits, persons or lines: not judged",
            },
            "min_stays": {"value": 20, "unit": "stays", "meaning": "fewer stays: not judged"},
        },
        "exclusions": [
            "institutions without peers of their kind",
            "volumes too small to carry a ratio",
            "length of stay, short, idle and weekend stays, use of the beds: detectors of their own judge them",
        ],
        "exclusions_zh": [
            "无同类可比的机构",
            "业务量过小，比率不可靠",
            "住院天数、短住院、挂床、周末入院、床位使用：由专门的检测器判定",
        ],
        "limits": "Not adjusted for case mix: a department that the peers lack explains much. Specialised "
        "hospitals are compared with one another whatever their specialty. The amount is the excess over the "
        "peers' median, an order of size and no demand.",
        "limits_zh": "未按病种结构调整：同类没有的科室可解释大部分差异。专科医院之间不分专科相互比较。"
        "金额为高于同类中位数的部分，仅为量级参考，非追回要求。",
    }
)

INDICATORS = (
    Indicator(
        "amount_per_stay",
        "stay_cost",
        "log1p",
        "stays",
        "¥",
        "eligible yuan a stay",
        "次均住院费用",
        "stays",
        by_kind=True,
    ),
    Indicator(
        "nights_per_stay", "stay_length", "log1p", "ended_stays", "", "nights a stay", "平均住院日", by_kind=True
    ),
    Indicator(
        "drug_share",
        "structure",
        "share",
        "stays",
        "%",
        "drugs in stays",
        "住院药占比",
        "structure_amount",
        by_kind=True,
    ),
    Indicator(
        "exam_share",
        "structure",
        "share",
        "stays",
        "%",
        "examination and laboratory in stays",
        "住院检查检验占比",
        "structure_amount",
        by_kind=True,
    ),
    Indicator(
        "material_share",
        "structure",
        "share",
        "stays",
        "%",
        "consumables in stays",
        "住院耗材占比",
        "structure_amount",
        by_kind=True,
    ),
    Indicator(
        "ct_share", "imaging", "share", "stays", "%", "CT in stays", "住院CT检查占比", "structure_amount", by_kind=True
    ),
    Indicator(
        "mri_share",
        "imaging",
        "share",
        "stays",
        "%",
        "MRI in stays",
        "住院核磁检查占比",
        "structure_amount",
        by_kind=True,
    ),
    Indicator(
        "treatment_share",
        "structure",
        "share",
        "stays",
        "%",
        "treatment in stays",
        "住院治疗费占比",
        "structure_amount",
        by_kind=True,
    ),
    Indicator(
        "short_stay_share",
        "admission",
        "share",
        "ended_stays",
        "%",
        "stays of one or two nights",
        "1-2天短住院占比",
        by_kind=True,
    ),
    Indicator(
        "stays_per_person", "admission", "log1p", "stays", "", "stays a person seen", "人均住院次数", by_kind=True
    ),
    Indicator(
        "idle_stay_share",
        "idle",
        "share",
        "stays",
        "%",
        "stays without examination or treatment",
        "无检查治疗住院占比",
        by_kind=True,
    ),
    Indicator(
        "idle_day_share",
        "idle",
        "share",
        "stays",
        "%",
        "stay days with bed and nursing only",
        "仅床位护理费的住院日占比",
        by_kind=True,
    ),
    Indicator(
        "repeated_stay_share",
        "repeated",
        "share",
        "stays",
        "%",
        "stays again within 15 days",
        "15日内再入院占比",
        by_kind=True,
    ),
    Indicator(
        "weekend_stay_share", "weekend", "share", "stays", "%", "stays begun at weekends", "周末入院占比", by_kind=True
    ),
    Indicator(
        "bed_use", "beds", "log", "stays", "", "nights over the approved beds' nights", "床位使用率", by_kind=True
    ),
    Indicator(
        "amount_per_visit",
        "visit_cost",
        "log1p",
        "visits",
        "¥",
        "eligible yuan a visit",
        "次均门诊费用",
        "visits",
        by_kind=True,
    ),
    Indicator(
        "lines_per_visit", "visit_cost", "log1p", "visits", "", "fee lines a visit", "次均门诊收费项目数", by_kind=True
    ),
    Indicator(
        "visits_per_person", "visit_often", "log1p", "visits", "", "visits a person", "人均门诊次数", by_kind=True
    ),
    Indicator(
        "repeated_bill_share",
        "template",
        "share",
        "visits",
        "%",
        "visits with an amount the person had before",
        "同一人员相同金额结算占比",
        by_kind=True,
    ),
    Indicator(
        "shared_bill_share",
        "template",
        "share",
        "visits",
        "%",
        "visits with an amount others had that day",
        "同日多人相同金额结算占比",
    ),
    Indicator("round_bill_share", "round", "share", "visits", "%", "visits of whole tens of yuan", "整十元结算占比"),
    Indicator(
        "night_bill_share",
        "night",
        "share",
        "clocked_visits",
        "%",
        "visits settled from 22 to 6 o'clock",
        "夜间(22-6时)结算占比",
    ),
    Indicator(
        "top_tenth_share",
        "concentration",
        "share",
        "persons",
        "%",
        "money of the costliest tenth of persons",
        "费用最高十分之一人员费用占比",
        by_kind=True,
    ),
    Indicator(
        "away_visit_share", "away", "share", "visits", "%", "visits from other prefectures", "异地参保人就诊占比"
    ),
    Indicator(
        "price_index",
        "price",
        "log",
        "priced_lines",
        "",
        "price against the median price of the same items",
        "同项目价格指数",
        "median_price_amount",
    ),
)


#: What detectors of their own judge by the mix of persons or by the day (stay_share_above_peers,
#: length_of_stay_above_peers, bed_census): said here as well, one fact would speak twice.
JUDGED_ELSEWHERE = frozenset(
    {"nights_per_stay", "short_stay_share", "idle_stay_share", "idle_day_share", "weekend_stay_share", "bed_use"}
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """One hit an institution and theme; clear are indicators of institutions that stay near their peers."""
    spoken = [i for i in INDICATORS if i.name not in JUDGED_ELSEWHERE]
    _outlier.judge(con, "institution_indicator", spoken, params)
