/*
title       = "Item charged again that another charged item contains"
title_zh    = "医疗服务项目重复收费"
official    = [25]
violation   = "duplicate_charge"
family      = "overcharge"
problem     = [
    "hospital-16", "hospital-17", "hospital-18", "hospital-38", "hospital-39", "hospital-62",
    "hospital-102", "hospital-140", "hospital-176",
]
judges      = ["day"]
subjects    = ["institution"]
certainty   = "definite"
stage       = "audit"
window      = "as published: the same hour, some hours, day, visit, stay"
law         = ["regulation-15-1", "regulation-38-1-3", "rules-11"]
basis       = ["智能监管规则库（2025年版）25 医疗服务项目重复收费"]
needs       = ["record.fee_line.charged_at", "record.fee_line.item_code"]
exclusions  = [
    "the containing item was charged at another institution",
    "the containing item was taken back by a refund",
    "pairs within a day: the two were charged on different days",
    "pairs within hours: the two were charged further apart",
    "an emergency visit that ends in a stay of the same day: pairs within a day across the two",
    "pairs within hours, and a charge has no clock time: cannot judge",
    "pairs within a day or hours, and one of the two was posted in bulk: cannot judge",
    "the institution is unknown: cannot judge",
]
exclusions_zh = [
    "包含该项目的项目在其他机构收取",
    "包含该项目的项目已退费冲回",
    "限同日的项目对：两者在不同日期收取",
    "限若干小时内的项目对：两者相隔更久",
    "急诊当日转住院：限同日的项目对分别记在急诊和住院",
    "限若干小时内的项目对，收费无时刻：无法判定",
    "限同日或若干小时内的项目对，其一为集中记账：无法判定",
    "机构未知：无法判定",
]
limits      = "The windows are those published with the pairs. Suspected only: a window of hours (the clock is that of the charge), a pair of one visit charged on different days (a second operation of its own), bed or nursing items that meet on a single day of the care (a move between wards), a pair of one day charged many hours apart (a second act of its own: a glucose at bedtime after the load of the morning), and a bill that holds the care of two (a mother and her newborn, a living donor). Another part of the body looks the same: the operation record tells."
limits_zh   = "时限按公布的项目对执行。下列情形仅列为可疑：以小时为限的（时刻为收费时刻）、同次就诊但在不同日期收取的（可能为另一次手术）、床位护理类仅在一天相遇的（可能为当日转科）、同日收费时刻相隔多小时的（可能为另一次诊疗，如上午糖耐量、睡前另测血糖）、账单含两人费用的（产妇与新生儿、活体供者与受者）。不同部位的两次手术也会呈现相同情形，以手术记录为准。"
version     = "4"
sentence    = "{item_name} ({amount} yuan) was charged on {occurred_on} together with {containing_item}, which contains it (window: {scope})"
sentence_zh = "{occurred_on} 收取“{item_name}”{amount} 元，{scope_zh}已收取包含该项目的“{containing_item}”"

[params.apart_hours]
value = 6
unit = "hours"
meaning = "charges of one day at least so far apart may be two acts: suspected only"
*/
with paired as (
    select item_a_code, item_b_code, time_window, point_id, layer,
        coalesce(valid_from, date '0001-01-01') as valid_from, coalesce(valid_to, date '9999-12-31') as valid_to,
        case
            when time_window = 'hour' then 1
            when time_window like '% hours' then cast(substr(time_window, 1, length(time_window) - 6) as integer)
        end as hours,
        -- beds, nursing, monitoring, consultations: charged by the day or hour, so that wards share the day of a move
        item_a_code like '0011%' and (item_b_code like '0011%' or item_b_code like '0012%') as is_by_the_day
    from knowledge.exclusive_pair
),

timed as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.item_code, l.item_name, l.eligible_amount, l.is_pharmacy, l.care_setting,
        coalesce(l.is_posted_in_bulk, false) as is_posted_in_bulk,
        case when l.has_clock then date_diff('day', date '2000-01-01', l.charged_on) * 1440
            + hour(l.charged_at) * 60 + minute(l.charged_at) end as at_minute
    from feature.fee_line as l
    where l.item_code in (select k.item_b_code from paired as k)
        or l.item_code in (select k.item_a_code from paired as k)
),

contained as (
    select *
    from timed
    where eligible_amount > 0 and not coalesce(is_pharmacy, false)
        and item_code in (select k.item_b_code from paired as k)
),

containing as (
    select encounter_id, person_id, institution_id, charged_on, item_code, at_minute, care_setting,
        max(item_name) as item_name, max(case when is_posted_in_bulk then 1 else 0 end) = 1 as is_posted_in_bulk
    from timed
    where item_code in (select k.item_a_code from paired as k)
    group by encounter_id, person_id, institution_id, charged_on, item_code, at_minute, care_setting
),

-- Two joins rather than one with "or": each finds its rows by equality.
met as (
    select b.settlement_id, b.line_id, b.encounter_id, b.item_code as part_code, a.item_code, a.item_name,
        a.charged_on, k.time_window, k.point_id, k.layer, k.hours, k.is_by_the_day,
        coalesce(a.institution_id = b.institution_id, false) as is_there,
        a.is_posted_in_bulk or b.is_posted_in_bulk as is_posted_in_bulk,
        a.encounter_id is distinct from b.encounter_id and a.care_setting is distinct from b.care_setting
            and (a.care_setting = 'inpatient' or b.care_setting = 'inpatient') as is_admission_day,
        false as is_on_other_day,
        case when k.hours is not null then a.at_minute is null or b.at_minute is null end as has_no_clock,
        coalesce(abs(a.at_minute - b.at_minute) >= $apart_hours * 60, false) as is_apart
    from contained as b
    join paired as k on k.item_b_code = b.item_code and b.charged_on >= k.valid_from and b.charged_on <= k.valid_to
    join containing as a
        on a.item_code = k.item_a_code and a.person_id = b.person_id and a.charged_on = b.charged_on
        and coalesce(a.institution_id = b.institution_id, true)
    where (k.time_window = 'day' or k.hours is not null) and (
        k.time_window = 'day' or a.at_minute is null or b.at_minute is null
        or (k.time_window = 'hour' and floor(a.at_minute / 60.0) = floor(b.at_minute / 60.0))
        or (k.time_window <> 'hour' and abs(a.at_minute - b.at_minute) <= k.hours * 60)
    )
    union all
    select b.settlement_id, b.line_id, b.encounter_id, b.item_code, a.item_code, a.item_name, a.charged_on,
        k.time_window, k.point_id, k.layer, k.hours, k.is_by_the_day,
        coalesce(a.institution_id = b.institution_id, false), false, false, a.charged_on <> b.charged_on, false, false
    from contained as b
    join paired as k on k.item_b_code = b.item_code and b.charged_on >= k.valid_from and b.charged_on <= k.valid_to
    join containing as a
        on a.item_code = k.item_a_code and a.encounter_id = b.encounter_id
        and coalesce(a.institution_id = b.institution_id, true)
    where k.time_window = 'visit' or (k.time_window = 'stay' and b.care_setting = 'inpatient')
    union all
    -- Some hours may lie on both sides of midnight.
    select b.settlement_id, b.line_id, b.encounter_id, b.item_code, a.item_code, a.item_name, a.charged_on,
        k.time_window, k.point_id, k.layer, k.hours, k.is_by_the_day,
        coalesce(a.institution_id = b.institution_id, false), a.is_posted_in_bulk or b.is_posted_in_bulk, false, false,
        false, false
    from contained as b
    join paired as k on k.item_b_code = b.item_code and b.charged_on >= k.valid_from and b.charged_on <= k.valid_to
    join containing as a
        on a.item_code = k.item_a_code and a.person_id = b.person_id and a.charged_on <> b.charged_on
        and coalesce(a.institution_id = b.institution_id, true)
    where k.time_window like '% hours' and abs(a.at_minute - b.at_minute) <= k.hours * 60
),

-- A day on which two wards share a person is one; charged beside each other day after day is none.
meeting as (
    select encounter_id, part_code, item_code, count(distinct charged_on) as days_together
    from met
    where is_by_the_day
    group by encounter_id, part_code, item_code
),

ranked as (
    select m.settlement_id, m.line_id, m.item_code, m.item_name, m.time_window, m.point_id, m.hours,
        case
            when m.is_admission_day then 'clear'
            when not m.is_there then 'cannot_judge'
            when m.has_no_clock or m.is_posted_in_bulk then 'cannot_judge'
            else 'hit'
        end as outcome,
        m.is_there, coalesce(m.has_no_clock, false) as has_no_clock,
        m.layer in ('starter', 'derived') or m.hours is not null or m.is_on_other_day or m.is_apart
            or coalesce(m.is_by_the_day and g.days_together = 1, false)
            or coalesce(b.most_newborns_on_bill, 0) + coalesce(d.donors_on_bill, 0) > 0 as is_only_suspected,
        case
            when coalesce(b.most_newborns_on_bill, 0) + coalesce(d.donors_on_bill, 0) > 0 then 'two persons'
            when coalesce(m.is_by_the_day and g.days_together = 1, false) then 'two wards'
            when m.is_on_other_day then 'other day'
            when m.is_apart then 'hours apart'
        end as doubt
    from met as m
    left join feature.birth as b on b.encounter_id = m.encounter_id
    left join feature.donor_on_bill as d on d.encounter_id = m.encounter_id
    left join meeting as g
        on g.encounter_id = m.encounter_id and g.part_code = m.part_code and g.item_code = m.item_code
),

chosen as (
    select *, row_number() over (
            partition by settlement_id, line_id
            order by case outcome when 'hit' then 0 when 'cannot_judge' then 1 else 2 end,
                case when is_only_suspected then 1 else 0 end, item_code, time_window, point_id
        ) as place
    from ranked
)

select
    case
        when c.line_id is not null then c.outcome
        when b.person_id is null or b.encounter_id is null or b.charged_on is null then 'cannot_judge'
        else 'clear'
    end as outcome,
    case
        when c.line_id is not null and not c.is_there then 'the institution is unknown'
        when c.line_id is not null and c.has_no_clock then 'the hour of the charges is unknown'
        when c.line_id is not null then 'units posted in bulk may stand for several days'
        when b.person_id is null or b.encounter_id is null or b.charged_on is null
            then 'the person, the encounter or the day is unknown'
    end as reason,
    case when c.is_only_suspected then 'suspected' end as certainty,
    b.settlement_id,
    b.line_id,
    b.encounter_id,
    b.person_id,
    b.institution_id,
    b.practitioner_id,
    b.charged_on as occurred_on,
    b.eligible_amount as amount,
    case c.doubt
        when 'two persons' then 'the care of two persons on one bill'
        when 'two wards' then 'a move between wards on that day'
        when 'other day' then 'a second operation of its own'
        when 'hours apart' then 'an act of its own, hours later'
    end as innocent,
    case c.doubt
        when 'two persons' then '账单含两人费用'
        when 'two wards' then '当日转科'
        when 'other day' then '另一次手术'
        when 'hours apart' then '相隔数小时的另一次诊疗'
    end as innocent_zh,
    b.item_name,
    c.item_name as containing_item,
    c.item_code as containing_item_code,
    c.time_window as scope,
    case
        when c.time_window = 'hour' then '同一小时'
        when c.hours is not null then cast(c.hours as varchar) || ' 小时内'
        when c.time_window = 'day' then '同日'
        when c.time_window = 'stay' then '同次住院'
        else '同次就诊'
    end as scope_zh,
    c.point_id
from contained as b
left join chosen as c on c.settlement_id = b.settlement_id and c.line_id = b.line_id and c.place = 1
