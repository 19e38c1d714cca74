/*
title       = "Stays that were check-ups"
title_zh    = "疑似体检式住院"
violation   = "checkup_like_stay"
family      = "stay"
problem     = ["hospital-1"]
subjects    = ["institution"]
certainty   = "suspected"
stage       = "supervision"
scope       = ["inpatient"]
window      = "stay, institution's share"
law         = ["regulation-15-1", "regulation-38-1-2", "rules-11"]
basis       = ["筛查模型 B05 体检式住院"]
needs       = ["record.fee_line.fee_category"]
exclusions  = [
    "diseases treated in courses, staging of tumours, pregnancy, newborns, mental disorders",
    "stays with an operation",
    "day care, and stays begun as an emergency: what ails the person has to be found out",
    "transferred, or ended in death: the work-up served the next hospital",
    "bed-day payment",
    "fewer than {min_kinds} different examinations",
    "institutions with fewer than {min_stays} such stays or less than {min_stay_share:%} of their stays",
    "fee lines without fee category: cannot judge",
    "still in hospital: cannot judge",
    "the institution is unknown: cannot judge",
]
exclusions_zh = [
    "分疗程治疗的疾病、肿瘤分期检查、妊娠、新生儿、精神障碍",
    "有手术的住院",
    "日间病房及急诊入院：须查明病因",
    "转院或死亡：检查为后续医院所用",
    "按床日付费",
    "不同检查不足 {min_kinds} 种",
    "此类住院不足 {min_stays} 次，或占比低于 {min_stay_share:%} 的机构",
    "明细缺少费用类别：无法判定",
    "尚在住院：无法判定",
    "机构未知：无法判定",
]
limits      = "A diagnostic stay of an unclear disease looks the same once; where one stay in ten is like that the examinations are the purpose. Compare what was found with what was treated."
limits_zh   = "病因不明的诊断性住院偶有此情形；若每十次住院即有一次如此，则检查本身成为住院目的。应将检查结果与实际治疗对照。"
version     = "2"
sentence    = "Stay of {occurred_on} ({diagnosis_code} {diagnosis_name}): {kinds} kinds of examination are {exam_percent} % of {amount} yuan, treatment and drugs {care_percent} %; {like_stays} of {all_stays} stays there are like it"
sentence_zh = "{occurred_on} 入院（{diagnosis_code} {diagnosis_name}），{kinds} 种检查化验占 {amount} 元的 {exam_percent}%，治疗和药品仅占 {care_percent}%；该机构 {all_stays} 次住院中有 {like_stays} 次如此"

[params.min_exam_share]
value   = 0.6
meaning = "examination and laboratory of the eligible amount"

[params.max_care_share]
value   = 0.2
meaning = "treatment and drugs of the eligible amount"

[params.min_kinds]
value   = 6
unit    = "items"
meaning = "different examination and laboratory items"

[params.min_stays]
value   = 5
unit    = "stays"
meaning = "of the kind at one institution"

[params.min_stay_share]
value   = 0.1
meaning = "of the institution's stays that were judged"

[params.bed_day_method]
value   = "5"
meaning = "the area's code of bed-day payment"
*/
with line as (
    select encounter_id, cast(sum(eligible_amount) as double) as eligible_amount,
        cast(sum(case when fee_category in ('03', '04') then eligible_amount else 0 end) as double) as exam_amount,
        cast(sum(case when fee_category in ('05', '06', '09', '10', '11') then eligible_amount else 0 end) as double)
            as care_amount,
        count(distinct case when fee_category in ('03', '04') then coalesce(item_code, item_name) end) as kinds,
        max(case when fee_category = '06' then 1 else 0 end) as is_operated,
        max(case when fee_category is null then 1 else 0 end) as is_unsorted
    from feature.fee_line
    where care_setting = 'inpatient'
    group by encounter_id
),

expected as (
    select distinct e.encounter_id
    from feature.encounter as e
    join knowledge.admission_exception as x
        on substr(e.principal_diagnosis_code, 1, length(x.diagnosis_prefix)) = x.diagnosis_prefix
    where e.is_inpatient
),

judged as (
    select e.encounter_id, e.person_id, e.institution_id, e.started_on, e.ended_on, e.principal_diagnosis_code,
        e.principal_diagnosis_name, l.exam_amount, l.care_amount, l.eligible_amount, l.kinds,
        coalesce(l.is_unsorted, 1) = 1 as is_unsorted,
        l.is_operated = 1 or coalesce(e.is_operated, false) or x.encounter_id is not null
            or coalesce(e.is_emergency_start, false) or coalesce(e.is_day_care, false)
            or coalesce(e.is_in_course, false) or e.discharge_way in ('2', '3', '5')
            or coalesce(e.payment_method, '') = $bed_day_method as is_excused,
        coalesce(
            l.exam_amount >= $min_exam_share * l.eligible_amount
            and l.care_amount <= $max_care_share * l.eligible_amount and l.kinds >= $min_kinds, false
        ) as is_alike
    from feature.encounter as e
    left join line as l on l.encounter_id = e.encounter_id
    left join expected as x on x.encounter_id = e.encounter_id
    where e.is_inpatient
),

place as (
    select institution_id, count(*) as all_stays, sum(case when is_alike then 1 else 0 end) as like_stays
    from judged
    where not coalesce(is_excused, false) and not is_unsorted and ended_on is not null
    group by institution_id
)

select
    case
        when j.ended_on is null then 'cannot_judge'
        when coalesce(j.is_excused, false) then 'clear'
        when j.is_unsorted then 'cannot_judge'
        when j.is_alike and j.institution_id is null then 'cannot_judge'
        when not coalesce(
            j.is_alike and p.like_stays >= $min_stays and p.like_stays >= $min_stay_share * p.all_stays, false
        ) then 'clear'
        when j.principal_diagnosis_code is null then 'cannot_judge'
        else 'hit'
    end as outcome,
    case
        when j.ended_on is null then 'still in hospital'
        when j.is_unsorted then 'fee lines without fee category'
        when j.is_alike and j.institution_id is null then 'the institution is unknown'
        else 'the principal diagnosis is unknown'
    end as reason,
    s.settlement_id,
    cast(null as varchar) as line_id,
    j.encounter_id,
    j.person_id,
    j.institution_id,
    cast(null as varchar) as practitioner_id,
    j.started_on as occurred_on,
    s.eligible_amount as amount,
    j.kinds,
    cast(round(100 * j.exam_amount / nullif(j.eligible_amount, 0), 0) as bigint) as exam_percent,
    cast(round(100 * j.care_amount / nullif(j.eligible_amount, 0), 0) as bigint) as care_percent,
    p.like_stays,
    p.all_stays,
    coalesce(j.principal_diagnosis_code, '') as diagnosis_code,
    coalesce(j.principal_diagnosis_name, '') as diagnosis_name
from judged as j
join feature.settlement as s on s.encounter_id = j.encounter_id
left join place as p on p.institution_id = j.institution_id
