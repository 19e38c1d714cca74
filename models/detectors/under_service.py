"""Hospitals whose stays are cheap for their disease while persons come back or are sent on more than elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from models import card
from models.detectors import _paid_group, _rows, _stay_shares
from models.detectors._stay_shares import Share

PARTS = (
    "models.detectors._paid_group",
    "models.detectors._rows",
    "models.detectors._stay_shares",
    "models.detectors._outlier",
    "models.peers",
)

CARD = card.make(
    {
        "title": "Cheap stays that end in return or transfer",
        "title_zh": "疑似减少服务、推诿（费用指数低而再入院或转院偏高）",
        "violation": "under_service",
        "family": "coding",
        "fetch": ["referral"],
        "subjects": ["institution"],
        "certainty": "suspected",
        "scope": ["inpatient"],
        "sentence": "{stays} stays here cost {index} of what their diseases cost at the level, and {flagged} of"
        " {all_stays} {what}, {own_text}; for their age, sex and diagnoses {expected_text} would be usual, the"
        " median of {peers} peers is {peer_text}",
        "sentence_zh": "本机构{stays}次住院费用为同级同病组的{index}，且{all_stays}次住院中{flagged}次{what_zh}，"
        "占{own_text}；按年龄、性别、病种构成预期{expected_text}，同类{peers}家机构中位数{peer_text}",
        "basis": [
            "《医疗保障基金使用监督管理条例》第二十五条：依数据监控确定检查重点",
            "筛查模型 E04 减少服务/推诿重症",
        ],
        "window": "the whole delivered window",
        "needs": ["record.settlement.payment_method", "record.encounter.discharge_way"],
        "params": {
            "max_index": {"value": 0.7, "unit": "x", "meaning": "of the level's cost of the same groups, at most"},
            "min_z": {"value": 2.0, "unit": "robust z", "meaning": "of returns or transfers above the peers"},
            "min_ratio": {"value": 1.3, "unit": "x", "meaning": "of the same to the expected and the peers' share"},
            "min_points": {"value": 3.0, "unit": "%", "meaning": "of the same in percentage points"},
            "min_stays": {"value": 30, "unit": "stays", "meaning": "fewer judged stays: not judged"},
            "min_flagged": {"value": 5, "unit": "stays", "meaning": "fewer returns or transfers: no hit"},
            "min_group": {"value": 20, "unit": "stays", "meaning": "of a group elsewhere, to say what it costs"},
            "back_days": {"value": 31, "unit": "days", "meaning": "a return within so many days of leaving"},
            "methods": {"value": "2,3,4", "meaning": "codes of payment by disease, point or group (DRG/DIP)"},
        },
        "exclusions": [
            "diseases treated in courses, mental disorders, pregnancy, newborns",
            "cheap hospitals whose persons stay well: efficient",
            "stays paid by service or by the bed-day; too few stays, groups or peers: cannot judge",
        ],
        "exclusions_zh": [
            "分疗程治疗的疾病、精神障碍、妊娠、新生儿",
            "费用低而参保人情况良好的医院：效率高",
            "按项目付费或按床日付费的住院；住院、病组或同类过少：无法判定",
        ],
        "limits": "A small hospital sends the severely ill on, as it should. The groups are stand-ins: category"
        " of diagnosis, operation, level. No amount.",
        "limits_zh": "小型医院将重症转出属正常。病组为近似替代：诊断类目、手术、级别。不列金额。",
        "status": "trial",
    }
)

SHARES = (
    Share("back", "stays were followed by another within a month", "出院一月内再入院", False),
    Share("sent_on", "stays ended in a transfer", "转院", False),
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """At most one hit an institution, without money. Units are institutions."""
    _paid_group.ratios(con, int(params["min_group"]))
    con.execute(_FLAGS, {k: params[k] for k in ("back_days", "methods")})
    scored = _stay_shares.scores(con, SHARES, params)
    con.register("share_scored", scored.to_arrow())
    con.execute(_JUDGED, {k: params[k] for k in ("max_index", "min_stays", "methods")})
    con.unregister("share_scored")
    con.execute("drop table stay_flag")
    con.execute("drop table group_ratio")


_FLAGS = """
    create or replace temp table stay_flag as
    select institution_id, encounter_id, chapter, stratum,
        case when coalesce(discharge_way, '1') not in ('2', '3', '5')
            then coalesce(date_diff('day', ended_on, next_on) between 0 and $back_days, false) end as back,
        coalesce(discharge_way, '1') in ('2', '3') as sent_on
    from feature.stay
    where days is not null and not is_expected and not is_ward_day
        and list_contains(string_split($methods, ','), coalesce(payment_method, ''))
"""

_JUDGED = f"""
    create or replace temp table judged as
    with cost as (
        select institution_id, count(*) as stays,
            sum(total_amount) / sum(cast(cast(total_amount as double) / ratio as decimal(18, 4))) as cost_index
        from group_ratio
        where ratio > 0 and not is_expected
            and list_contains(string_split($methods, ','), coalesce(payment_method, ''))
        group by institution_id
    ),
    joined as (
        select h.*, c.stays, c.cost_index,
            case when coalesce(c.stays, 0) < $min_stays then 'too few stays of groups that others have'
                else h.reason end as why,
            coalesce(h.is_hit and c.cost_index <= $max_index, false) as is_low
        from share_scored as h
        left join cost as c on c.institution_id = h.institution_id
    ),
    strongest as (
        select * from joined
        qualify row_number() over (
            partition by institution_id order by (why is null) desc, is_low desc, z desc nulls last, share
        ) = 1
    )
    select case when why is not null then 'cannot_judge' when is_low then 'hit' else 'clear' end as outcome,
        why as reason, {_rows.PLACE}, cast(null as varchar) as practitioner_id, cast(null as date) as occurred_on,
        cast(null as decimal(16, 2)) as amount,
        cast(to_json(struct_pack(stays := stays, index := round(cost_index, 2), what := title, what_zh := title_zh,
            flagged := flagged, all_stays := volume, own_text := own || '%', expected_text := expected || '%',
            peer_text := peer_median || '%', peers := peers, z := round(z, 2))) as varchar) as detail,
        share as part, weight, cast(null as varchar) as group_key, cast(1 as bigint) as units
    from strongest
"""
