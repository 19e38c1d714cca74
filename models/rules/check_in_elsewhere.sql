/*
title       = "Checked in far from the institution"
title_zh    = "签到位置与机构不符"
violation   = "check_in_elsewhere"
family      = "presence"
fetch       = ["check_in"]
problem     = ["hospital-2", "pharmacy-1"]
subjects    = ["person"]
certainty   = "suspected"
stage       = "supervision"
window      = "check-in"
law         = ["regulation-17", "regulation-41-1-1"]
basis       = ["筛查模型 A08 就医签到位置不符"]
needs       = ["record.check_in.longitude", "record.check_in.latitude"]
exclusions  = [
    "nearer than {max_km} km: large sites and poor reception",
    "another check-in at the place the same day",
    "no settlement of the person there that day or during a stay",
    "an institution whose check-ins are mostly far: its registered coordinates are wrong, cannot judge",
    "coordinates are missing: cannot judge",
    "the institution is unknown: cannot judge",
]
exclusions_zh = [
    "距离小于 {max_km} 公里：院区较大或信号不佳",
    "当日另有在该机构的签到",
    "当日或住院期间该参保人在该机构无结算",
    "多数签到均偏远的机构：登记坐标有误，无法判定",
    "缺少坐标：无法判定",
    "机构未知：无法判定",
]
limits      = "Telephones report the last mast, so single far check-ins occur everywhere (about one in two hundred); a person or an institution with several is what counts."
limits_zh   = "手机可能上报最后连接的基站位置，个别偏远签到各地均有（约二百分之一）；应关注多次出现的参保人或机构。"
status      = "trial"
version     = "2"
sentence    = "Checked in for {institution_id} on {occurred_on} from {km} km away ({amount} yuan settled)"
sentence_zh = "{occurred_on} 在{institution_id}就医签到，签到位置相距 {km} 公里，涉及 {amount} 元"

[params.max_km]
value   = 5
unit    = "km"
meaning = "distance from the registered coordinates that is let pass"
*/
with placed as (
    select c.check_in_id, c.person_id, c.institution_id, cast(c.checked_in_at as date) as checked_on,
        c.longitude - i.longitude as east, c.latitude - i.latitude as north,
        (c.latitude + i.latitude) / 2.0 * 0.017453292519943295 as phi
    from record.check_in as c
    left join feature.institution as i on i.institution_id = c.institution_id
),

measured as (
    select *,
        111.195 * sqrt(
            pow(north, 2)
            + pow(east * (1 - pow(phi, 2) / 2.0 + pow(phi, 4) / 24.0 - pow(phi, 6) / 720.0), 2)
        ) as km
    from placed
),

person_day as (
    select person_id, institution_id, checked_on, min(km) as km
    from measured
    group by person_id, institution_id, checked_on
),

place as (
    select institution_id, quantile_cont(cast(km as double), 0.5) as median_km
    from measured
    group by institution_id
),

met as (
    select d.person_id, d.institution_id, d.checked_on, d.km, p.median_km, s.settlement_id, s.encounter_id,
        s.eligible_amount, s.institution_id is not null as is_there,
        row_number() over (
            partition by d.person_id, d.institution_id, d.checked_on
            order by case when s.institution_id is null then 1 else 0 end, s.started_on desc, s.settlement_id
        ) as rank
    from person_day as d
    join place as p on p.institution_id = d.institution_id
    join feature.settlement as s
        on s.person_id = d.person_id and coalesce(s.institution_id = d.institution_id, true)
        and d.checked_on >= s.started_on and d.checked_on <= coalesce(s.ended_on, s.started_on)
)

select
    case
        when km is null or median_km > $max_km then 'cannot_judge'
        when km > $max_km and is_there then 'hit'
        when km > $max_km then 'cannot_judge'
        else 'clear'
    end as outcome,
    case
        when km is null then 'coordinates are missing'
        when median_km > $max_km then 'the registered coordinates of the institution are in doubt'
        else 'the institution is unknown'
    end as reason,
    settlement_id,
    cast(null as varchar) as line_id,
    encounter_id,
    person_id,
    institution_id,
    cast(null as varchar) as practitioner_id,
    checked_on as occurred_on,
    eligible_amount as amount,
    cast(km as decimal(16, 1)) as km
from met
where rank = 1
