/*
title       = "Admission that out-patient care would have served"
title_zh    = "疑似低标准入院（无指征住院）"
official    = [53]
violation   = "low_threshold_admission"
family      = "stay"
problem     = ["hospital-1", "hospital2026-310", "hospital2026-280"]
subjects    = ["institution", "practitioner"]
certainty   = "suspected"
stage       = "supervision"
scope       = ["inpatient"]
window      = "stay"
law         = ["regulation-15-1", "regulation-38-1-2", "rules-11"]
basis       = ["智能监管规则库（2025年版）53 无指征住院（低标准入院）"]
needs       = ["record.fee_line.fee_category", "record.fee_line.dosage_form"]
exclusions  = [
    "diseases treated in courses, mental disorders, pregnancy, newborns",
    "transferred in or out, ended in death, or only went on after a settlement",
    "day surgery and day care, and stays begun as an emergency, also by the emergency department there",
    "children below {child_years:year}",
    "stays with an operation",
    "bed-day payment",
    "no drug of the stay has a dosage form: cannot judge",
    "still in hospital: cannot judge",
    "the institution is unknown: cannot judge",
]
exclusions_zh = [
    "分疗程治疗的疾病、精神障碍、妊娠、新生儿",
    "转入、转出、死亡，或结算后续住",
    "日间手术、日间病房及急诊入院（含由本院急诊收入）",
    "不满 {child_years} 岁的儿童",
    "有手术的住院",
    "按床日付费",
    "该次住院药品均无剂型：无法判定",
    "尚在住院：无法判定",
    "机构未知：无法判定",
]
limits      = "Four of five weak signs; short diagnostic stays and a quick recovery have them too, about one stay in thirty everywhere. What counts is an institution's share against its like; single stays only help to choose records. Vital signs and the reason for admission are not in the export."
limits_zh   = "五项弱特征中符合四项；短期诊断性住院、恢复较快者也会如此，各地约三十次住院中有一次。应看机构占比与同类的差异，单次住院仅用于挑选病历。生命体征和入院理由不在导出数据中。"
status      = "trial"
version     = "3"
sentence    = "Stay of {occurred_on}, {nights} nights, {amount} yuan: examinations and laboratory {exam_percent} %, {injections} injections, {points} of 5 signs of an admission without need ({diagnosis_code} {diagnosis_name})"
sentence_zh = "{occurred_on} 入院 {nights} 天，涉及 {amount} 元，检查化验占 {exam_percent}%，注射用药 {injections} 条，符合低标准入院 5 项特征中的 {points} 项（{diagnosis_code} {diagnosis_name}）"

[params.max_nights]
value   = 3
unit    = "nights"
meaning = "short stay"

[params.cheap_share]
value   = 0.1
meaning = "lowest share of stays at the institution level by total that counts as cheap"

[params.max_exam_share]
value   = 0.5
meaning = "examination and laboratory of the eligible amount above which it counts"

[params.min_points]
value   = 4
unit    = "signs"
meaning = "of five: short, cheap, mostly examinations, no injection, no operation"

[params.child_years]
value   = 14
unit    = "years"
meaning = "younger persons are left out"
*/
with cheap as (
    select i.institution_level, quantile_cont(cast(e.total_amount as double), $cheap_share) as cheap_amount
    from feature.encounter as e
    join feature.institution as i on i.institution_id = e.institution_id
    where e.is_inpatient and e.ended_on is not null
    group by i.institution_level
),

judged as (
    select s.*, s.lines > 0 and (s.drug_lines = 0 or s.formed_drug_lines > 0) as is_known,
        s.is_operated or s.is_expected or s.is_emergency_start or s.is_ward_day or s.is_continued
            or s.is_transferred_in or s.is_bed_day_paid or not s.is_sent_home
            or coalesce(e.medical_category in ('24', '28', '210104'), false)
            or coalesce(s.age_years, 99) < $child_years as is_excused,
        -- one for a stay without an operation: the others were left out
        1 + case when s.days <= $max_nights then 1 else 0 end
            + case when s.institution_id is not null and cast(s.total_amount as double) <= c.cheap_amount then 1
                else 0 end
            + case when s.exam_share > $max_exam_share then 1 else 0 end
            + case when s.injections = 0 then 1 else 0 end as points
    from feature.stay as s
    join feature.encounter as e on e.encounter_id = s.encounter_id
    left join feature.institution as i on i.institution_id = s.institution_id
    left join cheap as c on c.institution_level is not distinct from i.institution_level
)

select
    case
        when j.ended_on is null then 'cannot_judge'
        when j.is_excused then 'clear'
        when not j.is_known then 'cannot_judge'
        when j.points >= $min_points and j.diagnosis_code is null then 'cannot_judge'
        when j.points >= $min_points then 'hit'
        when j.institution_id is null and j.points + 1 >= $min_points then 'cannot_judge'
        else 'clear'
    end as outcome,
    case
        when j.ended_on is null then 'still in hospital'
        when not j.is_known then 'no drug has a dosage form'
        when j.points >= $min_points then 'the principal diagnosis is unknown'
        else 'the institution is unknown, and with it what a cheap stay is there'
    end as reason,
    s.settlement_id,
    cast(null as varchar) as line_id,
    j.encounter_id,
    j.person_id,
    j.institution_id,
    j.practitioner_id,
    j.started_on as occurred_on,
    s.eligible_amount as amount,
    j.days as nights,
    j.points,
    cast(round(100 * j.exam_share, 0) as integer) as exam_percent,
    j.injections,
    coalesce(j.diagnosis_code, '') as diagnosis_code,
    coalesce(j.diagnosis_name, '') as diagnosis_name
from judged as j
join feature.settlement as s on s.encounter_id = j.encounter_id
