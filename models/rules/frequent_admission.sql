/*
title       = "Admitted again and again within a year"
title_zh    = "频繁住院"
official    = [52]
violation   = "frequent_admission"
family      = "frequency"
fetch       = ["stay"]
subjects    = ["person"]
certainty   = "suspected"
stage       = "supervision"
scope       = ["inpatient"]
window      = "365 days"
law         = ["regulation-17", "regulation-41-1-1", "regulation-41-1-2"]
basis       = ["智能监管规则库（2025年版）52 频繁住院"]
needs       = ["record.encounter.principal_diagnosis_code"]
exclusions  = [
    "stays for diseases treated in courses, mental disorders, pregnancy, newborns",
    "bed-day payment: long-term care",
    "a transfer: begun within a day of a discharge elsewhere, both are one; so is a stay that only went on after a settlement",
    "stays begun as an emergency, day surgery and day care",
    "one long stay is not frequent: the nights of two stays at least",
    "several institutions for one illness: fewer than {min_chapters} chapters of diagnoses",
    "the principal diagnosis is unknown: cannot judge",
    "the institution is unknown: cannot judge",
    "the person is unknown: cannot judge",
]
exclusions_zh = [
    "分疗程治疗的疾病、精神障碍、妊娠、新生儿住院",
    "按床日付费：长期护理",
    "转院：出院后一天内在他院入院，合并为一次；结算后续住的亦同",
    "急诊入院、日间手术、日间病房",
    "仅一次长期住院不属频繁：天数须由两次以上住院构成",
    "同一类疾病在多家机构住院：主诊断不足 {min_chapters} 个疾病类目",
    "主诊断未知：无法判定",
    "机构未知：无法判定",
    "参保人未知：无法判定",
]
limits      = "The chronically ill of great age, rehabilitation after a stroke, and persons cared for by the state are admitted often for good reason: read why each time. Changing complaints of the back, knee, neck and head at the same two places, together with the same companions, are the pattern to look for."
limits_zh   = "高龄慢性病、脑卒中后康复、特困供养人员频繁住院多有合理原因，应逐次查看入院理由。在同两家机构轮换以腰、膝、颈、头部不适住院且同行人员固定的，属重点关注情形。"
version     = "3"
sentence    = "{stays} stays at {institutions} institutions and {nights} nights within a year; this one of {occurred_on} ({diagnosis_code} {diagnosis_name}) cost {amount} yuan"
sentence_zh = "一年内在 {institutions} 家机构住院 {stays} 次、共 {nights} 天；本次 {occurred_on}（{diagnosis_code} {diagnosis_name}）涉及 {amount} 元"

[params.min_stays]
value   = 5
unit    = "stays"
meaning = "within the window from which a person is looked at"

[params.min_nights]
value   = 120
unit    = "nights"
meaning = "within the window, whatever the number of stays"

[params.min_institutions]
value   = 4
unit    = "institutions"
meaning = "within the window, whatever the number of stays"

[params.min_chapters]
value   = 3
unit    = "chapters"
meaning = "of diagnoses (first letter of the code) from which several institutions count: one illness is treated wherever the person is"

[params.window_days]
value   = 365
unit    = "days"
meaning = "length of the window that ends with a stay's first day"
*/
with transferred as (
    select l.encounter_id, max(case when p.institution_id <> l.institution_id then 1 else 0 end) as is_certain
    from feature.encounter as l
    join feature.encounter as p
        on p.person_id = l.person_id and p.encounter_id <> l.encounter_id
        and coalesce(p.institution_id <> l.institution_id, true)
        and date_diff('day', p.ended_on, l.started_on) in (0, 1)
    where l.is_inpatient and p.is_inpatient
    group by l.encounter_id
),

stay as (
    select e.encounter_id, e.person_id, e.institution_id, e.started_on, e.days, e.principal_diagnosis_code,
        e.principal_diagnosis_name,
        t.encounter_id is null and not coalesce(e.is_continued, false) as is_new,
        coalesce(t.is_certain, 0) = 0 and not coalesce(e.is_continued, false) as is_perhaps_new,
        not x.is_exception and not x.is_bed_day_paid
            and not coalesce(e.is_emergency_start, false) and not coalesce(e.is_day_care, false) as is_counted
    from feature.encounter as e
    join feature.encounter_excuse as x on x.encounter_id = e.encounter_id
    left join transferred as t on t.encounter_id = e.encounter_id
    where e.is_inpatient
),

candidate as (
    select person_id
    from stay
    where is_counted and principal_diagnosis_code is not null and person_id is not null
    group by person_id
    having count(*) >= $min_stays or sum(coalesce(days, 0)) >= $min_nights
        or count(distinct institution_id) + sum(case when institution_id is null then 1 else 0 end) >= $min_institutions
),

counted as (
    select s.*
    from stay as s
    join candidate as c on c.person_id = s.person_id
    where s.is_counted and s.principal_diagnosis_code is not null
),

-- A window ends with the first day of a stay and reaches window_days back.
windowed as (
    select l.encounter_id as last_encounter_id, l.person_id, l.started_on as last_on,
        sum(case when p.is_new then 1 else 0 end) as stays,
        count(distinct substr(p.principal_diagnosis_code, 1, 1)) as chapters, sum(coalesce(p.days, 0)) as nights,
        count(distinct p.institution_id) as institutions,
        sum(case when p.is_perhaps_new then 1 else 0 end) as most_stays,
        count(distinct p.institution_id) + sum(case when p.institution_id is null then 1 else 0 end)
            as most_institutions
    from counted as l
    join counted as p
        on p.person_id = l.person_id and p.started_on <= l.started_on
        and date_diff('day', p.started_on, l.started_on) < $window_days
    group by l.encounter_id, l.person_id, l.started_on
),

weighed as (
    select *,
        stays >= $min_stays or (nights >= $min_nights and stays > 1)
            or (institutions >= $min_institutions and chapters >= $min_chapters) as is_certain,
        most_stays >= $min_stays or (nights >= $min_nights and most_stays > 1)
            or (most_institutions >= $min_institutions and chapters >= $min_chapters) as is_perhaps
    from windowed
),

frequent as (
    select c.encounter_id, w.stays, w.nights, w.institutions, w.is_certain,
        row_number() over (
            partition by c.encounter_id
            order by case when w.is_certain then 0 else 1 end, w.stays desc, w.nights desc, w.last_encounter_id
        ) as place
    from counted as c
    join weighed as w
        on w.person_id = c.person_id and c.started_on <= w.last_on
        and date_diff('day', c.started_on, w.last_on) < $window_days
    where w.is_perhaps
)

select
    case
        when s.person_id is null and s.is_counted then 'cannot_judge'
        when f.is_certain then 'hit'
        when f.encounter_id is not null then 'cannot_judge'
        when s.principal_diagnosis_code is null and s.is_counted then 'cannot_judge'
        else 'clear'
    end as outcome,
    case
        when s.person_id is null then 'the person is unknown'
        when f.encounter_id is not null then 'the institution is unknown'
        when s.principal_diagnosis_code is null then 'the principal diagnosis is unknown'
    end as reason,
    p.settlement_id,
    cast(null as varchar) as line_id,
    s.encounter_id,
    s.person_id,
    s.institution_id,
    cast(null as varchar) as practitioner_id,
    s.started_on as occurred_on,
    p.eligible_amount as amount,
    f.stays,
    f.nights,
    f.institutions,
    s.principal_diagnosis_code as diagnosis_code,
    coalesce(s.principal_diagnosis_name, '') as diagnosis_name
from stay as s
join feature.settlement as p on p.encounter_id = s.encounter_id
left join frequent as f on f.encounter_id = s.encounter_id and f.place = 1
