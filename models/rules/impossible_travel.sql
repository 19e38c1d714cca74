/*
title       = "At two places in a time no one can travel"
title_zh    = "短时间内两地就医购药（时空不可能）"
violation   = "impossible_travel"
family      = "presence"
fetch       = ["identity"]
problem     = ["hospital-2", "pharmacy-1"]
subjects    = ["person"]
certainty   = "suspected"
stage       = "supervision"
window      = "two settlements in sequence"
law         = ["regulation-17", "regulation-41-1-1"]
basis       = ["筛查模型 A05 同日多地、时空不可能"]
needs       = ["record.settlement.settled_at", "record.hospital.longitude", "record.hospital.latitude"]
exclusions  = [
    "stays and emergencies: relatives settle them, while the person may be on the way by ambulance",
    "by the time of care, where it is known, and not of the settlement, the person had the time",
    "a bill paid without the funds or from a relative's account: a relative may have come",
    "manual reimbursement: the clock is the office's",
    "a relative fetches medicines at one place (purchase, or a refill of nothing but medicines for a registered disease, high blood pressure or diabetes) while the person is at the other; two such places at once are not excused",
    "nearer than {min_km} km or slower than {max_kmh} km/h",
    "a settlement without time of day, a place without coordinates: cannot judge",
    "more than {max_same_minute:settlement} of the place in that minute: its clock is the upload's, cannot judge",
    "the institution is unknown: cannot judge",
    "the person is unknown: cannot judge",
]
exclusions_zh = [
    "住院和急诊：由家属办理结算，参保人可能已由救护车转送",
    "有诊疗时刻的按诊疗时刻而非结算时刻计算，时间充足",
    "未使用基金或由家庭共济账户支付：到场者可能是家属",
    "手工报销：时间为经办时间",
    "参保人在一处，家属在另一处代取药（购药，或门慢特、两病仅取药的续方）；两处均可代取药时不排除",
    "距离小于 {min_km} 公里或速度低于 {max_kmh} 公里/小时",
    "结算无时刻、机构无坐标：无法判定",
    "该机构同一分钟内结算超过 {max_same_minute} 笔：时刻为上传时间，无法判定",
    "机构未知：无法判定",
    "参保人未知：无法判定",
]
limits      = "Distances are straight lines between registered coordinates, so roads are longer; a branch that settles under the seat's number, and an online shop, look the same. An electronic voucher can be shown from afar by a relative, a plastic card cannot , so the kind of credential is to be asked for."
limits_zh   = "距离为登记坐标间的直线距离，实际路程更长；分支机构以总部编码结算、网上药店也会呈现相同情形。电子凭证可由家属异地出示，实体卡不能，应核对就诊凭证类型。"
version     = "3"
sentence    = "Settled at {institution_id} {minutes} minutes after {previous_institution_id}, {km} km apart, on {occurred_on} ({amount} yuan)"
sentence_zh = "{occurred_on} 在{previous_institution_id}结算 {minutes} 分钟后又在相距 {km} 公里的{institution_id}结算，涉及 {amount} 元"

[params.min_km]
value   = 20
unit    = "km"
meaning = "straight line between the two places from which it is looked at"

[params.max_kmh]
value   = 120
unit    = "km/h"
meaning = "speed a person may have travelled at"

[params.max_same_minute]
value   = 5
unit    = "settlements"
meaning = "of one place in one minute; more means posted in bulk"
*/
with seen as (
    select settlement_id, charged_at as care_at
    from feature.fee_line
    where has_clock
    union all
    select s.settlement_id, e.started_at as care_at
    from feature.settlement as s
    join record.encounter as e on e.encounter_id = s.encounter_id
    where cast(e.started_at as timestamp) <> cast(cast(e.started_at as date) as timestamp)
),

care as (
    select s.settlement_id, min(c.care_at) as care_at
    from seen as c
    join feature.settlement as s on s.settlement_id = c.settlement_id and s.settled_on = cast(c.care_at as date)
    group by s.settlement_id
),

-- Care says where the person was; a settlement only who paid when. A charge before the day of settlement is no visit's.
settled as (
    select s.settlement_id, s.encounter_id, s.person_id, s.institution_id, s.settled_on, s.settled_at,
        s.eligible_amount, r.credential_type, i.longitude, i.latitude,
        date_diff('day', cast('2000-01-01' as date), s.settled_on) * 1440
            + hour(s.settled_at) * 60 + minute(s.settled_at) as settled_minute,
        date_diff('day', cast('2000-01-01' as date), s.settled_on) * 1440 + case
            when c.care_at < s.settled_at then hour(c.care_at) * 60 + minute(c.care_at)
            else hour(s.settled_at) * 60 + minute(s.settled_at)
        end as at_minute,
        coalesce(s.has_clock, true) and cast(s.settled_at as timestamp) <> cast(s.settled_on as timestamp) as has_clock,
        coalesce(b.is_fetchable, s.is_pharmacy, false) as is_fetched
    from feature.settlement as s
    join record.settlement as r on r.settlement_id = s.settlement_id
    left join feature.institution as i on i.institution_id = s.institution_id
    left join feature.visit_bill as b on b.settlement_id = s.settlement_id
    left join care as c on c.settlement_id = s.settlement_id
    where coalesce(s.care_setting, '') not in ('inpatient', 'emergency') and coalesce(r.settlement_type, '2') <> '1'
        and not coalesce(s.is_family_money, false) and not (coalesce(s.is_newborn, false) and coalesce(s.age_years >= 1, true))
),

crowded as (
    select institution_id, settled_minute
    from settled
    group by institution_id, settled_minute
    having count(*) > $max_same_minute
),

clocked as (
    select s.*, c.institution_id is not null as is_bulk
    from settled as s
    left join crowded as c on c.institution_id = s.institution_id and c.settled_minute = s.settled_minute
    where s.person_id is not null and s.at_minute is not null
),

followed as (
    select *,
        lag(settlement_id) over (partition by person_id order by at_minute, settlement_id)
            as previous_settlement_id,
        lag(institution_id) over (partition by person_id order by at_minute, settlement_id)
            as previous_institution_id,
        lag(at_minute) over (partition by person_id order by at_minute, settlement_id) as previous_minute,
        lag(longitude) over (partition by person_id order by at_minute, settlement_id) as previous_longitude,
        lag(latitude) over (partition by person_id order by at_minute, settlement_id) as previous_latitude,
        lag(is_fetched) over (partition by person_id order by at_minute, settlement_id) as previous_fetched,
        lag(is_bulk) over (partition by person_id order by at_minute, settlement_id) as previous_bulk,
        lag(has_clock) over (partition by person_id order by at_minute, settlement_id) as previous_clock
    from clocked
),

-- Degrees to km on a plane; the cosine of the mean latitude by its series, good to a metre in China.
spread as (
    select *, (latitude + previous_latitude) / 2.0 * 0.017453292519943295 as phi
    from followed
    where previous_settlement_id is not null and coalesce(previous_institution_id <> institution_id, true)
),

apart as (
    select *, at_minute - previous_minute as minutes,
        111.195 * sqrt(
            pow(latitude - previous_latitude, 2) + pow(
                (longitude - previous_longitude)
                * (1 - pow(phi, 2) / 2.0 + pow(phi, 4) / 24.0 - pow(phi, 6) / 720.0), 2
            )
        ) as distance
    from spread
),

weighed as (
    select *,
        coalesce(
            distance >= $min_km and distance * 60.0 > $max_kmh * greatest(minutes, 3)
            and is_fetched = previous_fetched, false
        ) as is_impossible
    from apart
)

select
    case
        when not has_clock or not previous_clock or distance is null then 'cannot_judge'
        when is_impossible and (is_bulk or previous_bulk) then 'cannot_judge'
        when is_impossible then 'hit'
        else 'clear'
    end as outcome,
    case
        when not has_clock or not previous_clock then 'no time of day'
        when institution_id is null or previous_institution_id is null then 'the institution is unknown'
        when distance is null then 'the place has no coordinates'
        else 'the place posts in bulk'
    end as reason,
    settlement_id,
    cast(null as varchar) as line_id,
    encounter_id,
    person_id,
    institution_id,
    cast(null as varchar) as practitioner_id,
    settled_on as occurred_on,
    eligible_amount as amount,
    minutes,
    cast(distance as decimal(16, 1)) as km,
    previous_institution_id,
    previous_settlement_id,
    coalesce(credential_type, '') as credential
from weighed
union all
select 'cannot_judge', case when person_id is null then 'the person is unknown' else 'no time of day' end,
    settlement_id, null, encounter_id, person_id, institution_id, null, settled_on, eligible_amount, null, null, null, null, null
from settled
where person_id is null or at_minute is null
