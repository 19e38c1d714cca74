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
version     = "3"
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
*/
with judged as (
    select *, lines = 0 or unsorted_lines > 0 as is_unsorted,
        is_operated or is_expected or is_emergency_start or is_ward_day or is_bed_day_paid or not is_sent_home
            as is_excused,
        coalesce(
            exam_share >= $min_exam_share and care_share <= $max_care_share and exam_kinds >= $min_kinds, false
        ) as is_alike
    from feature.stay
),

place as (
    select institution_id, count(*) as all_stays, sum(case when is_alike then 1 else 0 end) as like_stays
    from judged
    where not is_excused and not is_unsorted and ended_on is not null
    group by institution_id
)

select
    case
        when j.ended_on is null then 'cannot_judge'
        when j.is_excused then 'clear'
        when j.is_unsorted then 'cannot_judge'
        when j.is_alike and j.institution_id is null then 'cannot_judge'
        when not coalesce(
            j.is_alike and p.like_stays >= $min_stays and p.like_stays >= $min_stay_share * p.all_stays, false
        ) then 'clear'
        when j.diagnosis_code is null then 'cannot_judge'
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
    j.exam_kinds as kinds,
    cast(round(100 * j.exam_share, 0) as bigint) as exam_percent,
    cast(round(100 * j.care_share, 0) as bigint) as care_percent,
    p.like_stays,
    p.all_stays,
    coalesce(j.diagnosis_code, '') as diagnosis_code,
    coalesce(j.diagnosis_name, '') as diagnosis_name
from judged as j
join feature.settlement as s on s.encounter_id = j.encounter_id
left join place as p on p.institution_id = j.institution_id
