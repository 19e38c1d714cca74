"""Hospitals where stays of a doubtful kind are far more frequent than at their peers with the same persons."""

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
        "title": "Doubtful stays far more frequent than at peers",
        "title_zh": "挂床、低标准、体检式、接力等住院占比明显高于同类机构",
        "violation": "stay_share",
        "family": "stay",
        "subjects": ["institution", "practitioner"],
        "certainty": "suspected",
        "scope": ["inpatient"],
        "sentence": _stay_shares.SENTENCE,
        "sentence_zh": _stay_shares.SENTENCE_ZH,
        "basis": [
            "《医疗保障基金使用监督管理条例》第三十八条第（一）、（二）项：挂床住院、过度检查、提供其他不必要的医药服务",
            "筛查模型 B03、B04、B05、B09、B10（先看机构占比，再看个案）",
        ],
        "window": "the whole delivered window",
        "needs": ["record.fee_line.fee_category", "record.fee_line.charged_at"],
        "params": {
            "min_z": {"value": 3.0, "unit": "robust z", "meaning": "least distance above the peers"},
            "min_ratio": {"value": 2.0, "unit": "x", "meaning": "least ratio to the expected and the peers' share"},
            "min_points": {"value": 5.0, "unit": "%", "meaning": "least distance in percentage points"},
            "min_stays": {"value": 15, "unit": "stays", "meaning": "fewer judged stays: not judged"},
            "min_flagged": {"value": 5, "unit": "stays", "meaning": "fewer stays of the kind: no hit"},
            "idle_days": {"value": 3, "unit": "days", "meaning": "days with bed, nursing and ward rounds only"},
            "idle_share": {"value": 0.4, "unit": "share", "meaning": "the same of the charged days"},
            "bulk_share": {
                "value": 0.6,
                "unit": "share",
                "meaning": "of a stay's lines on its busiest day, on average: idle days are not judged there",
            },
            "cheap_share": {"value": 0.1, "unit": "share", "meaning": "cheapest stays of the level"},
            "short_nights": {"value": 3, "unit": "nights", "meaning": "a short stay"},
            "low_points": {
                "value": 4,
                "unit": "signs",
                "meaning": "of five: short, cheap, examinations above half, no injection, no operation",
            },
            "checkup_exams": {"value": 0.6, "unit": "share", "meaning": "examination and laboratory, at least"},
            "checkup_care": {"value": 0.2, "unit": "share", "meaning": "treatment and drugs, at most"},
            "checkup_kinds": {"value": 6, "unit": "items", "meaning": "different examinations, at least"},
            "child_years": {"value": 14, "unit": "years", "meaning": "younger persons' short stays are not judged"},
            "bed_day_method": {"value": "5", "meaning": "the area's code of bed-day payment"},
        },
        "exclusions": [
            "diseases treated in courses, mental disorders, pregnancy, newborns",
            "day surgery and day care, bed-day payment",
            "stays that ended in death or a transfer; a stay after a medical transfer is no relay",
            "stays with an operation, for idle days, low threshold, check-ups and one-day stays",
            "away from the prefecture of insurance, for holidays: one travels on free days",
            "drugstore purchases and visits elsewhere without fund money",
            "still in hospital, fee lines without fee category, special kinds without peers: cannot judge",
        ],
        "exclusions_zh": [
            "分疗程治疗的疾病、精神障碍、妊娠、新生儿",
            "日间手术、日间病房、按床日付费",
            "死亡或转院的住院；医疗转院后的住院不视为接力",
            "有手术的住院（挂床、低标准、体检式、一日住院）",
            "节假日占比中，参保地市以外的住院：休假期间出行",
            "无基金支付的药店购药和他处就诊",
            "尚在住院、明细缺少费用类别、无同类的特殊类型：无法判定",
        ],
        "limits": "A department that its peers lack and referral of lighter cases shift a share; what is left"
        " after age, sex and chapter of diagnosis may still be case mix. The stays listed are all of the kind,"
        " the amount of each is the part beyond the usual share.",
        "limits_zh": "同类没有的科室、收治转诊的较轻病例会改变占比；按年龄、性别、诊断章调整后所余，"
        "仍可能为病种结构差异。所列住院均属该类，每次金额为超出正常占比的部分。",
    }
)

SHARES = (
    Share(
        "idle",
        "Stays on whose days little but bed and nursing was charged",
        "挂床特征住院",
        by_level=False,
        by_kind=False,
    ),
    Share(
        "elsewhere",
        "Stays during which the person was treated elsewhere on fund money",
        "住院期间在他处就诊购药的住院",
        by_level=False,
        by_kind=False,
    ),
    Share("low_threshold", "Stays with the signs of an admission without need", "低标准入院特征住院"),
    Share("checkup", "Stays that consist of examinations", "体检式住院", by_level=False, by_kind=False),
    Share(
        "relay",
        "Stays begun within a day of another hospital's discharge",
        "接力住院（他院出院次日内入院）",
        by_level=False,
    ),
    Share("one_day", "Stays of one night", "一日住院"),
    Share("holiday", "Stays begun on weekends and holidays", "节假日入院", is_money=False),
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """One hit a stay of the kind at an institution whose share stands out. Units are stays, once a share."""
    names = (
        "idle_days", "idle_share", "bulk_share", "cheap_share", "short_nights", "low_points", "checkup_exams",
        "checkup_care", "checkup_kinds", "child_years", "bed_day_method",
    )  # fmt: skip
    con.execute(_FLAGS, {k: params[k] for k in names})
    _stay_shares.judge(con, SHARES, params)
    con.execute("drop table stay_flag")


_FLAGS = """
    create or replace temp table stay_flag as
    with poster as (
        select institution_id, avg(busiest_share) > $bulk_share as is_bulk
        from feature.stay where days >= 3 group by institution_id
    ),
    cheap as (
        select i.institution_level, quantile_cont(cast(s.total_amount as double), $cheap_share) as amount
        from feature.stay as s
        join feature.institution as i on i.institution_id = s.institution_id
        where s.days is not null
        group by i.institution_level
    ),
    away as (
        select encounter_id,
            bool_or(substr(insured_division, 1, 4) <> substr(institution_division, 1, 4)) as is_away
        from feature.settlement where care_setting = 'inpatient' group by encounter_id
    ),
    known as (
        select s.*, coalesce(a.is_away, false) as is_away, coalesce(p.is_bulk, false) as is_bulk,
            s.days is not null and not s.is_expected and not s.is_ward_day
                and coalesce(s.payment_method, '') <> $bed_day_method as is_ordinary,
            coalesce(s.discharge_way, '1') not in ('2', '3', '5') as is_sent_home,
            s.lines > 0 and s.unsorted_lines = 0 as is_sorted,
            s.exam_amount / nullif(cast(s.eligible_amount as double), 0) as exam_share,
            s.care_amount / nullif(cast(s.eligible_amount as double), 0) as care_share,
            coalesce(cast(s.total_amount as double) <= c.amount, false) as is_cheap
        from feature.stay as s
        left join feature.institution as i on i.institution_id = s.institution_id
        left join cheap as c on c.institution_level is not distinct from i.institution_level
        left join poster as p on p.institution_id = s.institution_id
        left join away as a on a.encounter_id = s.encounter_id
    )
    select institution_id, encounter_id, chapter, stratum,
        case when is_ordinary and is_sorted and days >= 2 and not is_operated and not is_bulk
            and coalesce(discharge_way, '1') <> '5'
            then idle_days >= $idle_days and idle_days >= $idle_share * charged_days end as idle,
        case when is_ordinary and days >= 2 then visits_elsewhere > 0 end as elsewhere,
        case when is_ordinary and is_sorted and is_sent_home and not is_operated and age_years >= $child_years
            then cast(days <= $short_nights as integer) + cast(is_cheap as integer)
                + cast(coalesce(exam_share > 0.5, false) as integer) + cast(injections = 0 as integer) + 1
                >= $low_points end as low_threshold,
        case when is_ordinary and is_sorted and is_sent_home and not is_operated
            then coalesce(exam_share >= $checkup_exams and care_share <= $checkup_care, false)
                and exam_kinds >= $checkup_kinds end as checkup,
        case when is_ordinary
            then coalesce(left_institution_id <> institution_id
                and date_diff('day', left_on, started_on) between 0 and 1
                and coalesce(left_discharge_way, '1') not in ('2', '3'), false) end as relay,
        case when is_ordinary and is_sent_home and not is_operated and age_years >= $child_years
            then days <= 1 end as one_day,
        case when is_ordinary and not is_away then is_holiday_start end as holiday
    from known
"""
