/*
title       = "In hospital here and treated elsewhere at the same time"
title_zh    = "住院期间在其他机构住院或门诊就医"
violation   = "overlapping_care"
family      = "presence"
problem     = ["hospital-2"]
subjects    = ["institution", "practitioner"]
certainty   = "suspected"
stage       = "supervision"
scope       = ["inpatient"]
window      = "stay"
law         = [
    "regulation-15-1",
    "regulation-38-1-1",
    "regulation-40-1-1",
    "regulation-17",
    "regulation-41-1-1",
    "regulation-41-1-2",
]
basis       = ["筛查模型 A03 住院期间门诊、A04 重叠住院"]
needs       = ["record.settlement.started_on", "record.settlement.ended_on"]
exclusions  = [
    "first and last day of the stay; two stays that share one day and follow each other: a discharge entered late",
    "interim settlements of the same encounter",
    "the same institution's own outpatient settlement: costs moved out of the stay, another matter",
    "dialysis, chemotherapy and other courses, by diagnosis, registered disease or item, also as day care",
    "visits with nothing but medicines: relatives fetch them",
    "emergencies and examinations at an institution of a higher level: brought there by the ward",
    "visits out of a stay for a mental disorder, by the bed-day or of more than {long_stay_days:day}: escorted, or on leave",
    "an institution of the same owner or community of hospitals",
    "visits of no more than {min_amount} yuan",
    "still in hospital: cannot judge",
    "no diagnosis and no registered disease: whether the visit is one of a course is unknown, cannot judge",
    "an emergency or examination, and a level is unknown: cannot judge",
    "the institution is unknown: cannot judge",
]
exclusions_zh = [
    "住院的首日和末日；前后相接、仅重叠一天的两次住院：出院登记滞后",
    "同一次就诊的中途结算",
    "同一机构自身的门诊结算：属费用移出住院，另行判断",
    "透析、化疗及其他分疗程治疗（按诊断、病种或收费项目识别，含日间治疗）",
    "仅取药的就诊：由家属代取",
    "在上级机构急诊或检查：由病区护送",
    "精神障碍、按床日付费或超过 {long_stay_days} 天的住院期间的门诊：护送就诊或请假外出",
    "同一法定代表人或同一医共体、医联体的机构",
    "金额不超过 {min_amount} 元的就诊",
    "尚在住院：无法判定",
    "无诊断且无病种，不知该次就诊是否为分疗程治疗：无法判定",
    "急诊或检查且机构级别未知：无法判定",
    "机构未知：无法判定",
]
limits      = "Either the bed was held for a person who was elsewhere or the card was used by another: temperature chart and check-in tell which. Which of the two the record does not say, so the person is no subject. An examination agreed with a hospital of the same level and a date keyed wrong look the same. At issue is the stay's daily average for the days spent elsewhere, not the whole stay. A visit names the hospital that held the bed, two stays name both."
limits_zh   = "或为参保人不在院而保留床位，或为他人使用其医保凭证，以体温单和签到区分。数据不能区分二者，故不涉及参保人本人。预约到同级他院检查、日期录错也会呈现相同情形。涉及金额为在他处天数对应的日均费用，而非整次住院。门诊只涉及保留床位的医院，两次住院则涉及双方。"
version     = "4"
sentence    = "While in hospital from {started_on} to {ended_on} the person was {kind} at {other_institution_id} ({times} times, first on {occurred_on}); {days_elsewhere} days of the stay are worth {amount} yuan"
sentence_zh = "住院 {started_on} 至 {ended_on} 期间又在{other_institution_id}{kind_zh}（{times} 次，首次 {occurred_on}），重叠 {days_elsewhere} 天，按日均费用涉及 {amount} 元"

[params.min_amount]
value   = 50
unit    = "yuan"
meaning = "visits up to this eligible amount are not looked at"

[params.long_stay_days]
value   = 30
unit    = "days"
meaning = "longer stays have leave and escorted visits"
*/
with place as (
    select i.institution_id, coalesce(i.community_id, i.owner, i.institution_id) as place,
        coalesce(i.institution_level, case when g.institution_grade is not null then 0 end) as institution_level
    from feature.institution as i
    left join knowledge.institution_grade as g on g.institution_grade = i.institution_grade
),

stay as (
    select e.encounter_id, e.person_id, e.institution_id, e.started_on, e.ended_on, greatest(e.days, 1) as nights,
        e.attending_practitioner_id, coalesce(h.place, e.institution_id) as place, h.institution_level, e.is_newborn,
        coalesce(e.is_day_care and e.is_in_course, false) as is_day_course,
        coalesce(substr(e.principal_diagnosis_code, 1, 1) = 'F', false)
            or x.is_bed_day_paid or coalesce(e.days > $long_stay_days, false) as is_long
    from feature.encounter as e
    join feature.encounter_excuse as x on x.encounter_id = e.encounter_id
    left join place as h on h.institution_id = e.institution_id
    where e.is_inpatient
),

beside as (
    select s.encounter_id, o.institution_id as other_institution_id, o.encounter_id as other_encounter_id,
        greatest(s.started_on, o.started_on) as met_on,
        coalesce(o.place <> s.place, false) as is_elsewhere,
        date_diff('day', greatest(s.started_on, o.started_on), least(s.ended_on, o.ended_on)) as days_elsewhere,
        s.is_day_course or o.is_day_course as is_day_course,
        (s.started_on < o.started_on and s.ended_on <= o.ended_on)
            or (o.started_on < s.started_on and o.ended_on <= s.ended_on) as is_following
    from stay as s
    join stay as o
        on o.person_id = s.person_id and o.encounter_id <> s.encounter_id
        and coalesce(o.place <> s.place, true) and coalesce(o.is_newborn, false) = coalesce(s.is_newborn, false)
        and o.started_on < s.ended_on and o.ended_on > s.started_on
),

visit as (
    select v.settlement_id, v.encounter_id, v.person_id, v.institution_id, v.started_on, v.care_setting,
        e.principal_diagnosis_code, coalesce(h.place, v.institution_id) as place, h.institution_level, v.is_newborn,
        coalesce(e.is_in_course, case when e.principal_diagnosis_code is not null then false end) as is_in_course
    from feature.settlement as v
    left join feature.encounter as e on e.encounter_id = v.encounter_id
    left join place as h on h.institution_id = v.institution_id
    where v.care_setting in ('outpatient', 'emergency', 'chronic', 'maternity_outpatient')
        and not coalesce(v.is_pharmacy, false) and v.eligible_amount > $min_amount
),

in_course as (
    select distinct v.settlement_id
    from visit as v
    join feature.encounter_excuse as x on x.encounter_id = v.encounter_id
    where x.is_expected
),

visited as (
    select s.encounter_id, v.settlement_id, v.institution_id as other_institution_id,
        v.encounter_id as other_encounter_id, v.started_on as met_on, v.care_setting, v.is_in_course,
        coalesce(v.place <> s.place, false) as is_elsewhere,
        s.institution_level as own_level, v.institution_level as other_level
    from stay as s
    join visit as v
        on v.person_id = s.person_id and coalesce(v.place <> s.place, true) 
        and coalesce(v.is_newborn, false) = coalesce(s.is_newborn, false)
        and v.started_on > s.started_on and v.started_on < s.ended_on
    left join in_course as c on c.settlement_id = v.settlement_id
    where c.settlement_id is null and not s.is_long
),

-- What a visit was for: medicines need no presence, an examination or an emergency may be the ward's own errand.
purpose as (
    select settlement_id,
        min(case when coalesce(fee_category, '') in ('02', '09', '10', '11', '12') then 1 else 0 end) as is_refill,
        min(case when coalesce(fee_category, '') in ('02', '03', '04', '12')
            or coalesce(regexp_matches(item_name, '病理|切片|免疫组|基因检测'), false) then 1 else 0 end) as is_examination
    from feature.fee_line
    where settlement_id in (select settlement_id from visited)
    group by settlement_id
),

weighed as (
    select v.*,
        case
            when v.care_setting <> 'emergency' and coalesce(p.is_examination, 0) = 0 then false
            else v.other_level > v.own_level
        end as is_errand
    from visited as v
    left join purpose as p on p.settlement_id = v.settlement_id
    where coalesce(p.is_refill, 0) = 0
),

event as (
    select encounter_id, other_institution_id, other_encounter_id, met_on, days_elsewhere, 1 as is_stay, is_elsewhere,
        0 as is_course_unknown, 0 as is_level_unknown
    from beside
    where not (days_elsewhere <= 1 and is_following) and not is_day_course
    union all
    select encounter_id, min(other_institution_id) as other_institution_id,
        min(other_encounter_id) as other_encounter_id, met_on, 1 as days_elsewhere, 0 as is_stay,
        is_elsewhere, min(case when is_in_course is null then 1 else 0 end) as is_course_unknown,
        min(case when is_errand is null then 1 else 0 end) as is_level_unknown
    from weighed
    where coalesce(not is_errand, true)
    group by encounter_id, met_on, is_elsewhere
),

gathered as (
    select encounter_id, min(met_on) as met_on, sum(days_elsewhere) as days_elsewhere, count(*) as times,
        max(is_stay) as is_stay
    from event
    where is_elsewhere and is_course_unknown = 0 and is_level_unknown = 0
    group by encounter_id
),

first_event as (
    select encounter_id, other_institution_id, other_encounter_id,
        row_number() over (partition by encounter_id order by is_stay desc, met_on, other_encounter_id) as place
    from event
    where is_elsewhere and is_course_unknown = 0 and is_level_unknown = 0
),

perhaps as (
    select encounter_id, max(case when is_elsewhere then 0 else 1 end) as is_place_unknown,
        max(is_course_unknown) as is_course_unknown
    from event
    where not is_elsewhere or is_course_unknown = 1 or is_level_unknown = 1
    group by encounter_id
)

select
    case
        when s.ended_on is null or s.person_id is null then 'cannot_judge'
        when g.encounter_id is not null then 'hit'
        when h.encounter_id is not null then 'cannot_judge'
        else 'clear'
    end as outcome,
    case
        when s.person_id is null then 'the person is unknown'
        when s.ended_on is null then 'still in hospital'
        when h.is_place_unknown = 1 then 'the institution is unknown'
        when h.is_course_unknown = 1 then 'whether the visit is one of a course is unknown'
        else 'the level of the institution is unknown'
    end as reason,
    p.settlement_id,
    cast(null as varchar) as line_id,
    s.encounter_id,
    s.person_id,
    s.institution_id,
    s.attending_practitioner_id as practitioner_id,
    g.met_on as occurred_on,
    cast(
        cast(p.eligible_amount as double) * least(g.days_elsewhere, s.nights) / greatest(s.nights, 1)
        as decimal(16, 2)
    ) as amount,
    s.started_on,
    s.ended_on,
    least(g.days_elsewhere, s.nights) as days_elsewhere,
    g.times,
    case when g.is_stay = 1 then 'in hospital' else 'an out-patient' end as kind,
    case when g.is_stay = 1 then '住院' else '门诊就医' end as kind_zh,
    f.other_institution_id,
    f.other_encounter_id
from stay as s
join feature.settlement as p on p.encounter_id = s.encounter_id
left join gathered as g on g.encounter_id = s.encounter_id
left join perhaps as h on h.encounter_id = s.encounter_id
left join first_event as f on f.encounter_id = s.encounter_id and f.place = 1
