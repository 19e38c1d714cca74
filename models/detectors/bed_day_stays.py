"""Places of bed-day or long mental care whose stays restart, cost the same each day and never thin out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from models import card
from models.detectors import _rows

PARTS = ("models.detectors._rows",)

CARD = card.make(
    {
        "title": "Bed-day stays that restart and never vary",
        "title_zh": "按床日、精神长期住院异常（循环出入院、日费用无差异、节日不减）",
        "violation": "bed_day_pattern",
        "family": "stay",
        "subjects": ["institution"],
        "certainty": "suspected",
        "scope": ["inpatient"],
        "sentence": "{stays} bed-day or mental stays of {persons} persons here: {relink_text} began within"
        " {relink_days} days of the person's last one here, a day's cost varies by {spread_text}{festival_text}",
        "sentence_zh": "本机构按床日或精神类住院{stays}次（{persons}人）：{relink_text}在本院出院"
        "{relink_days}天内再入院，日均费用变异{spread_text}{festival_text_zh}",
        "basis": [
            "《医疗保障基金使用监督管理条例》第三十八条第（一）项：分解住院、挂床住院",
            "筛查模型 B13 按床日/精神长期住院异常",
        ],
        "window": "the whole delivered window",
        "needs": ["record.settlement.payment_method"],
        "params": {
            "min_stays": {"value": 20, "unit": "stays", "meaning": "of the kind; fewer: not judged"},
            "min_persons": {"value": 5, "unit": "persons", "meaning": "of the kind; fewer: not judged"},
            "max_relink": {"value": 0.3, "unit": "share", "meaning": "of stays that restart, above it counts"},
            "relink_days": {"value": 3, "unit": "days", "meaning": "after the person's last stay there"},
            "min_spread": {
                "value": 0.05,
                "unit": "share",
                "meaning": "of a day's cost (sd over mean), below it counts",
            },
            "max_festival": {
                "value": 0.95,
                "unit": "share",
                "meaning": "of the usual persons in bed at Spring Festival, above it counts",
            },
            "min_signs": {"value": 2, "unit": "signs", "meaning": "of three"},
            "bed_day_method": {"value": "5", "meaning": "the area's code of bed-day payment"},
        },
        "exclusions": [
            "places with one sign only: long mental care has no holiday, one price is one price",
            "few stays or persons: cannot judge",
            "a window without Spring Festival: that sign is not counted",
        ],
        "exclusions_zh": [
            "仅有一项特征的机构：长期精神住院本无假日，统一定价本无差异",
            "住院或人员较少：无法判定",
            "数据期内无春节：不计该项特征",
        ],
        "limits": "Monthly settlement entered as discharge and admission looks the same, and is common where the"
        " system asks for it: ask how months are closed first. No amount.",
        "limits_zh": "每月结算以出院再入院录入也会呈现相同情形，系统有此要求时较常见，应先询问月结方式。不列金额。",
        "status": "trial",
    }
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """At most one hit an institution, without money. Units are institutions with such stays."""
    con.execute(_JUDGED, dict(params))


_JUDGED = f"""
    create or replace temp table judged as
    with bed_day as (
        select *, coalesce(left_institution_id = institution_id
                and date_diff('day', left_on, started_on) between 0 and $relink_days, false) as is_again,
            cast(total_amount as double) / days as day_cost
        from feature.stay
        where days is not null and (payment_method = $bed_day_method or chapter = 'F')
    ),
    festival as (
        select min(on_date) as first_on, max(on_date) as last_on
        from knowledge.calendar
        where kind = 'holiday' and name_zh like '%春节%' and on_date between
            (select min(started_on) + 45 from bed_day) and (select max(ended_on) - 45 from bed_day)
            and year(on_date) = (select max(year(ended_on)) from bed_day)
    ),
    census as (
        select b.institution_id,
            sum(greatest(date_diff('day', greatest(b.started_on, f.first_on), least(b.ended_on, f.last_on + 1)), 0))
                / (date_diff('day', f.first_on, f.last_on) + 1.0) as festive,
            sum(greatest(date_diff('day', greatest(b.started_on, f.first_on - 40),
                least(b.ended_on, f.first_on - 10)), 0)) / 30.0 as usual
        from bed_day as b
        cross join festival as f
        where f.first_on is not null
        group by b.institution_id, f.first_on, f.last_on
    ),
    place as (
        select institution_id, count(*) as stays, count(distinct person_id) as persons,
            avg(cast(is_again as double)) as relink,
            stddev_samp(cast(day_cost as decimal(18, 4))) / nullif(avg(cast(day_cost as decimal(18, 4))), 0) as spread
        from bed_day group by institution_id
    ),
    signed as (
        select p.*, c.festive / nullif(c.usual, 0) as festival,
            cast(p.relink > $max_relink as integer) + cast(coalesce(p.spread < $min_spread, false) as integer)
                + cast(coalesce(c.usual >= 5 and c.festive > $max_festival * c.usual, false) as integer) as signs,
            p.stays < $min_stays or p.persons < $min_persons as is_small
        from place as p
        left join census as c on c.institution_id = p.institution_id
    )
    select case when is_small then 'cannot_judge' when signs >= $min_signs then 'hit' else 'clear' end as outcome,
        case when is_small then 'too few bed-day stays' end as reason, {_rows.PLACE},
        cast(null as varchar) as practitioner_id, cast(null as date) as occurred_on,
        cast(null as decimal(16, 2)) as amount,
        cast(to_json(struct_pack(stays := stays, persons := persons, relink_days := $relink_days,
            relink_text := round(100 * relink, 0) || '%', spread_text := round(100 * spread, 1) || '%',
            festival_text := coalesce(', and at Spring Festival ' || round(100 * festival, 0)
                || '% of the usual persons lay there', ''),
            festival_text_zh := coalesce('，春节在院人数为平时的' || round(100 * festival, 0) || '%', ''),
            signs := signs)) as varchar) as detail,
        'bed_day' as part, round(0.3 + 0.2 * signs, 4) as weight, cast(null as varchar) as group_key,
        cast(1 as bigint) as units
    from signed
"""
