"""Institutions and drugstores where check-ins fail, or come from elsewhere, far more often than at their peers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import duckdb

from models import card
from models.detectors import _judged, _outlier
from models.detectors._outlier import Indicator

if TYPE_CHECKING:
    pass

PARTS = ("models.detectors._judged", "models.detectors._outlier", "models.peers")

CARD = card.make(
    {
        "title": "Check-ins that fail or come from elsewhere, far above the peers",
        "title_zh": "就医签到人脸不符、位置不符率明显高于同类",
        "violation": "check_in_failure",
        "family": "presence",
        "fetch": ["check_in"],
        "subjects": ["institution", "pharmacy"],
        "certainty": "suspected",
        "sentence": "{title}: {own}% of {checks} check-ins here against {peer_median}% at {peers} peers;"
        " this settlement"
        " of {occurred_on}, {amount} yuan, rests on such a check-in",
        "sentence_zh": "{title_zh}：本机构{checks}次签到中{own}%，同类{peers}家中位数{peer_median}%；"
        "本次{occurred_on}"
        "结算{amount}元对应此类签到",
        "basis": [
            "《医疗保障基金使用监督管理条例》第十五条、第三十八条第（一）项：核验参保人员身份",
            "筛查模型 A08 就医签到、人脸登记缺失或位置不符",
        ],
        "scope": ["outpatient", "chronic", "drugstore"],
        "window": "the whole delivered window",
        "needs": ["record.check_in", "record.settlement.settled_at"],
        "params": {
            "max_km": {"value": 1.0, "unit": "km", "meaning": "from the institution; farther is elsewhere"},
            "min_z": {"value": 3.0, "unit": "robust z", "meaning": "least distance above the peers"},
            "min_peer_ratio": {"value": 2.0, "unit": "x", "meaning": "least ratio to the peers' median"},
            "min_points": {"value": 5.0, "unit": "%", "meaning": "least distance, percentage points"},
            "min_visits": {"value": 30, "unit": "check-ins", "meaning": "fewer: not judged"},
            "min_settlements": {"value": 5, "unit": "settlements", "meaning": "least that rest on such check-ins"},
        },
        "exclusions": [
            "a person with another check-in that day at the place that succeeded there",
            "places whose position is not known: their distances are not judged",
            "the whole area's failures: a platform that recognises badly fails everywhere",
            "emergencies, stays, repayments at the counter",
        ],
        "exclusions_zh": [
            "当日在该机构另有成功签到的参保人",
            "位置未知的机构：距离不作判断",
            "整个地区普遍失败：平台识别不佳，各处均失败",
            "急诊、住院、零星报销",
        ],
        "limits": "An old camera fails at one place only: see whether the failures have the same persons or hours."
        " A wrong position in the register makes every check-in far: then all of them are, which is shown.",
        "limits_zh": "摄像头老化只在一处失败，应看失败是否集中于同一批人或同一时段。登记位置有误会使每次签到均偏远，"
        "此时全部如此，明细中可见。",
        "status": "trial",
    }
)

SHARES = (
    Indicator("failed_share", "face", "share", "faced", "%", "check-ins whose face does not match", "人脸比对不符"),
    Indicator("far_share", "far", "share", "located", "%", "check-ins made elsewhere", "签到位置不符"),
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """One hit a settlement that rests on a failed or far check-in, at a place with too many. Units are settlements."""
    import polars as pl

    _judged.empty(con)
    _judged.script(con, _CHECKS, params)
    wide = con.sql(_WIDE).pl()
    scored = pl.concat([_outlier._scored(wide, share, params) for share in SHARES])
    # A register's wrong position makes nearly every check-in far; that is a slip of data.
    wrong = (pl.col("indicator") == "far_share") & (pl.col("own") >= 90)
    hits = scored.filter(pl.col("is_hit") & ~wrong)
    con.register("check_flagged", hits.select("institution_id", "indicator", "title", "title_zh", "own",
                                              "peer_median", "peers", "z", "volume").to_arrow())  # fmt: skip
    con.execute(_HITS, {"min_z": params["min_z"], "min_settlements": params["min_settlements"]})
    con.unregister("check_flagged")
    able = scored.filter(pl.col("reason").is_null()).select(pl.col("institution_id").unique().sort())
    con.register("check_able", able.to_arrow())
    counted = con.sql(_COUNTED).fetchall()[0]
    con.unregister("check_able")
    named = _judged.number(con, "select count(distinct settlement_id) from judged")
    _judged.count(con, counted[0] - named, {"too few check-ins or peers": counted[1]})
    _judged.drop(con, "check_")


#: One row a person, place and day: whether every check-in failed, and whether every one was elsewhere.
_CHECKS = """
    create or replace temp table check_day as
    select c.person_id, c.institution_id, cast(c.checked_in_at as date) as checked_on,
        bool_and(not c.is_face_match) as is_failed,
        bool_and(111.2 * sqrt(pow(c.latitude - i.latitude, 2)
            + pow((c.longitude - i.longitude) * cos(radians(i.latitude)), 2)) > $max_km) as is_far,
        count(c.is_face_match) > 0 as is_faced,
        count(c.latitude + i.latitude + c.longitude + i.longitude) > 0 as is_located
    from record.check_in as c
    join feature.institution as i on i.institution_id = c.institution_id
    where c.person_id is not null and c.checked_in_at is not null
    group by c.person_id, c.institution_id, cast(c.checked_in_at as date)
"""

_WIDE = """
    select c.institution_id, count(*) filter (is_faced) as faced, count(*) filter (is_located) as located,
        cast(count(*) filter (is_faced and is_failed) as double) / nullif(count(*) filter (is_faced), 0)
            as failed_share,
        cast(count(*) filter (is_located and is_far) as double) / nullif(count(*) filter (is_located), 0)
            as far_share,
        cast(null as decimal(16, 2)) as eligible_amount, min(g.key_1) as key_1, min(g.key_2) as key_2,
        min(g.key_3) as key_3, min(g.key_4) as key_4, min(g.breadth) as breadth, cast(null as varchar) as kind,
        false as is_special
    from check_day as c
    join feature.institution_peer_group as g on g.institution_id = c.institution_id
    group by c.institution_id
    order by c.institution_id
"""

_COUNTED = """
    select coalesce(sum(cast(institution_id in (select institution_id from check_able) as integer)), 0),
        coalesce(sum(cast(institution_id not in (select institution_id from check_able) as integer)), 0)
    from (
        select distinct b.settlement_id, b.institution_id
        from check_day as c
        join feature.visit_bill as b on b.person_id = c.person_id and b.institution_id = c.institution_id
            and b.settled_on = c.checked_on
        where coalesce(b.care_setting, '') <> 'emergency' and b.settlement_type <> '1'
    )
"""

_HITS = """
    insert into judged by name
    with row_of as (
        select b.settlement_id, b.encounter_id, b.person_id, b.institution_id, b.settled_on, b.eligible_amount, f.*
        exclude (institution_id)
        from check_flagged as f
        join check_day as c on c.institution_id = f.institution_id
            and case f.indicator when 'far_share' then c.is_located and c.is_far else c.is_faced and c.is_failed end
        join feature.visit_bill as b on b.person_id = c.person_id and b.institution_id = c.institution_id
            and b.settled_on = c.checked_on
        where coalesce(b.care_setting, '') <> 'emergency' and b.settlement_type <> '1'
        qualify count(*) over (partition by b.institution_id, f.indicator) >= $min_settlements
    )
    select 'hit' as outcome, settlement_id, encounter_id, person_id, institution_id, settled_on as occurred_on,
        eligible_amount as amount, indicator as part, 1 as units,
        round(1 - 0.5 * pow(2, -(z - $min_z) / 2), 4) as weight,
        cast(to_json(struct_pack(indicator := indicator, title := title, title_zh := title_zh, own := own,
            peer_median := peer_median, peers := peers, z := round(z, 2), checks := volume,
            own_text := own || '%', peer_text := peer_median || '%',
            occurred_on := settled_on, amount := eligible_amount)) as varchar) as detail
    from row_of
"""
