"""Hospitals where more insured persons lie at a time than they have approved beds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from models import card

CARD = card.make(
    {
        "title": "More persons in hospital than approved beds",
        "title_zh": "日在院人数超批准床位数",
        "violation": "beds_exceeded",
        "family": "capacity",
        "subjects": ["institution"],
        "certainty": "suspected",
        "scope": ["inpatient"],
        "sentence": "In {month} more than {most} persons a day were in hospital here on {over_days} days, {peak} on"
        " {peak_on}, on {beds} approved beds; use of the beds over the month {use_text}, median of {peers}"
        " hospitals {peer_text}",
        "sentence_zh": "{month}有{over_days}天在院人数超过{most}人（{peak_on}最多{peak}人），批准床位{beds}张；"
        "当月床位使用率{use_text}，{peers}家医院中位数{peer_text}",
        "basis": [
            "《医疗保障基金使用监督管理条例》第三十八条第（一）项：挂床住院；第四十条：虚构医药服务项目",
            "筛查模型 B08 日在院人数超编制床位",
        ],
        "window": "month",
        "needs": ["record.hospital.approved_beds"],
        "params": {
            "max_use": {"value": 1.1, "unit": "x", "meaning": "persons a day over the approved beds, above it counts"},
            "min_over_days": {"value": 5, "unit": "days", "meaning": "such days in the month"},
            "min_over_persons": {"value": 2, "unit": "persons", "meaning": "beyond the beds on such a day, at least"},
            "max_month_use": {"value": 1.0, "unit": "x", "meaning": "of the beds over a whole month, above it counts"},
            "max_nights": {
                "value": 180,
                "unit": "nights",
                "meaning": "longer stays are left out: they may be entered wrongly",
            },
        },
        "exclusions": [
            "day surgery and day care, newborns beside their mothers",
            "stays still going on: the end is not known",
            "single days: only months with several of them count",
            "institutions without approved beds in the register: cannot judge",
        ],
        "limits": "Persons insured elsewhere or paying themselves lie there too, so the true number is higher."
        " The register may be older than an extension of the hospital: ask for the licence first.",
    }
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """One hit a hospital and month, without money of its own. Units are hospitals and months."""
    con.execute(_JUDGED, dict(params))


_JUDGED = """
    create or replace temp table judged as
    with counted as (
        select s.institution_id, s.started_on, s.started_on + cast(s.days as integer) as left_on
        from feature.stay as s
        where s.days <= $max_nights and not s.is_ward_day and not (s.age_band = '0' and s.chapter in ('P', 'Z'))
    ),
    place as (
        select c.institution_id, i.approved_beds as beds, min(c.started_on) as first_on, max(c.left_on) as last_on
        from counted as c
        join feature.institution as i on i.institution_id = c.institution_id
        group by c.institution_id, i.approved_beds
    ),
    move as (
        select institution_id, started_on as on_date, 1 as change from counted
        union all
        select institution_id, left_on, -1 from counted
    ),
    moved as (
        select institution_id, on_date, sum(change) as change from move group by institution_id, on_date
    ),
    span as (
        select min(started_on) as first_on, max(left_on) as last_on from counted
    ),
    calendar as (
        select cast(unnest(generate_series(cast(first_on as timestamp), cast(last_on as timestamp), interval 1 day))
            as date) as on_date
        from span
    ),
    census as (
        select p.institution_id, p.beds, c.on_date,
            sum(coalesce(m.change, 0)) over (partition by p.institution_id order by c.on_date) as persons
        from place as p
        join calendar as c on c.on_date between p.first_on and p.last_on
        left join moved as m on m.institution_id = p.institution_id and m.on_date = c.on_date
        where p.beds > 0
    ),
    monthly as (
        select institution_id, beds, strftime(on_date, '%Y-%m') as month, count(*) as days,
            max(persons) as peak, min_by(on_date, (-persons, on_date)) as peak_on, sum(persons) as bed_days,
            count(*) filter (where persons > $max_use * beds and persons >= beds + $min_over_persons) as over_days,
            sum(greatest(persons - beds, 0)) as beyond
        from census
        group by institution_id, beds, month
    ),
    used as (
        select *, bed_days / (cast(days as double) * beds) as use from monthly where days >= 14
    ),
    compared as (
        select *, median(use) over (partition by month) as peer_use, count(*) over (partition by month) - 1 as peers,
            over_days >= $min_over_days or (use > $max_month_use and bed_days >= days * (beds + 1)) as is_over
        from used
    )
    select 'hit' as outcome, cast(null as varchar) as reason, cast(null as varchar) as settlement_id,
        cast(null as varchar) as line_id, cast(null as varchar) as encounter_id, cast(null as varchar) as person_id,
        institution_id, cast(null as varchar) as practitioner_id, peak_on as occurred_on,
        cast(null as decimal(16, 2)) as amount,
        cast(to_json(struct_pack(month := month, over_days := over_days,
            most := cast(floor(greatest($max_use * beds, beds + $min_over_persons - 1)) as integer),
            peak := cast(peak as integer), peak_on := peak_on, beds := beds, beyond := cast(beyond as integer),
            use_text := round(100 * use, 0) || '%', peer_text := round(100 * peer_use, 0) || '%', peers := peers))
            as varchar) as detail,
        month as part, round(1 - 0.5 * pow(2, -over_days / 10.0), 4) as weight, cast(null as varchar) as group_key,
        cast(1 as bigint) as units
    from compared where is_over
    union all
    select 'cannot_judge', 'no approved beds in the register', null, null, null, null, null, null, null, null, null,
        null, null, null, count(*)
    from place where coalesce(beds, 0) <= 0 having count(*) > 0
    union all
    select 'clear', null, null, null, null, null, null, null, null, null, null, null, null, null, count(*)
    from compared where not is_over having count(*) > 0
"""
