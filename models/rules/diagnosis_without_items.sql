/*
title       = "Coded diagnosis that left nothing in the fee lines"
title_zh    = "疾病诊断编码异常：诊断无对应项目"
official    = [37]
violation   = "diagnosis_miscoded"
family      = "coding"
problem     = ["hospital-3"]
subjects    = ["institution"]
certainty   = "suspected"
stage       = "audit"
scope       = ["inpatient"]
window      = "stay"
law         = ["regulation-16", "regulation-39-1-3", "regulation-39-1-4", "rules-9"]
basis       = ["智能监管规则库（2025年版）37 疾病诊断编码异常"]
needs       = ["record.diagnosis.diagnosis_code"]
exclusions  = [
    "any one item of the requirement was charged, at any time of the stay",
    "still in hospital: the rest of the lines is to come",
    "stays of fewer than {least_days:day}: transferred or broken off before treatment",
    "the stay has no fee lines: cannot judge",
    "only diagnoses of Chinese medicine or without a code are delivered: cannot judge",
]
exclusions_zh = [
    "住院期间任何时间收取过所需项目之一",
    "尚在住院：其余明细待传",
    "住院不足 {least_days} 天：治疗前转院或中止",
    "该次住院无费用明细：无法判定",
    "仅有中医诊断或未编码的文字诊断：无法判定",
]
limits      = "Rests on starter knowledge. Tests done shortly before admission, at another hospital or billed within a package leave no line; a secondary diagnosis from the history needs none."
limits_zh   = "依据初始知识表。入院前不久、在他院或打包收费的检查不产生明细；既往史中的次要诊断无需对应项目。"
status      = "trial"
version     = "2"
sentence    = "The stay is coded {diagnosis_code} {diagnosis_name}, but none of the {days} days shows a test, treatment or drug that belongs to it"
sentence_zh = "住院 {days} 天，诊断编码 {diagnosis_code} {diagnosis_name}，明细中无对应的检查、治疗或药品"

[params.least_days]
value   = 2
unit    = "nights"
meaning = "shortest stay judged"
*/
with coded as (
    select s.encounter_id, max(s.settlement_id) as settlement_id, d.diagnosis_code,
        max(d.diagnosis_name) as diagnosis_name, max(case when d.is_principal then 1 else 0 end) as is_principal
    from feature.visit_diagnosis as d
    join feature.settlement as s on s.encounter_id = d.encounter_id
    where s.care_setting = 'inpatient'
    group by s.encounter_id, d.diagnosis_code
),

asked as (
    select distinct c.diagnosis_code, k.requirement_id, k.valid_from, k.valid_to
    from (select distinct diagnosis_code from coded) as c
    join knowledge.diagnosis_requires_item as k
        on substr(c.diagnosis_code, 1, length(k.diagnosis_prefix)) = k.diagnosis_prefix
),

stay as (
    select c.encounter_id, c.settlement_id, c.diagnosis_code, c.diagnosis_name, a.requirement_id, e.person_id,
        e.institution_id, e.ended_on, e.days, e.is_in_hospital
    from coded as c
    join asked as a on a.diagnosis_code = c.diagnosis_code
    join feature.encounter as e on e.encounter_id = c.encounter_id
    where e.is_inpatient
        and coalesce(e.ended_on, e.started_on) >= coalesce(a.valid_from, e.started_on)
        and coalesce(e.ended_on, e.started_on) <= coalesce(a.valid_to, coalesce(e.ended_on, e.started_on))
),

item as (
    select distinct item_code, coalesce(item_name, '') as item_name
    from feature.fee_line
    where care_setting = 'inpatient' and item_code is not null
),

fitting as (
    select distinct k.requirement_id, i.item_code, i.item_name
    from item as i
    join knowledge.diagnosis_requires_item as k
        on substr(i.item_code, 1, length(coalesce(k.item_prefix, ''))) = coalesce(k.item_prefix, '')
        and i.item_name like '%' || coalesce(k.name_word, '') || '%'
    where k.requirement_id in (select requirement_id from asked)
),

done as (
    select distinct l.encounter_id, f.requirement_id
    from feature.fee_line as l
    join fitting as f on f.item_code = l.item_code and f.item_name = coalesce(l.item_name, '')
    where l.encounter_id in (select encounter_id from stay)
),

charged as (
    select l.encounter_id, greatest(
            max(case when l.item_code is null then 1 else 0 end), max(case when u.unknown_lines > 0 then 1 else 0 end)
        ) as is_uncoded
    from feature.fee_line as l
    left join feature.encounter_code as u on u.encounter_id = l.encounter_id
    where l.care_setting = 'inpatient'
    group by l.encounter_id
),

told as (
    select s.*, d.encounter_id is not null as is_done, c.encounter_id is null as no_lines,
        c.is_uncoded = 1 as is_uncoded
    from stay as s
    left join done as d on d.encounter_id = s.encounter_id and d.requirement_id = s.requirement_id
    left join charged as c on c.encounter_id = s.encounter_id
),

uncoded as (
    select d.encounter_id
    from feature.delivered_diagnosis as d
    group by d.encounter_id
    having max(case when d.kind = 'coded' then 1 else 0 end) = 0
)

select
    case
        when is_done or is_in_hospital or coalesce(days < $least_days, false) then 'clear'
        when no_lines or is_uncoded then 'cannot_judge'
        else 'hit'
    end as outcome,
    case
        when no_lines then 'the stay has no fee lines'
        when is_uncoded then 'fee lines without an item code may be what the diagnosis asks for'
    end as reason,
    settlement_id,
    cast(null as varchar) as line_id,
    encounter_id,
    person_id,
    institution_id,
    cast(null as varchar) as practitioner_id,
    ended_on as occurred_on,
    cast(0 as decimal(16, 2)) as amount,
    diagnosis_code,
    coalesce(diagnosis_name, '') as diagnosis_name,
    days,
    requirement_id
from told
union all
select 'cannot_judge', 'only diagnoses of Chinese medicine or without a code are delivered', null, null,
    encounter_id, null, null, null, null, null, null, null, null, null
from uncoded
where encounter_id in (select encounter_id from charged)
union all
select 'cannot_judge', 'knowledge.diagnosis_requires_item is empty', null, null, null, null, null, null, null, null,
    null, null, null, null
from (select count(*) as held from knowledge.diagnosis_requires_item) as k
where held = 0
