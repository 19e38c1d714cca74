/*
title       = "Main procedure that does not fit the principal diagnosis"
title_zh    = "诊断编码与手术操作编码不符"
official    = [40]
violation   = "procedure_miscoded"
family      = "coding"
subjects    = ["institution"]
certainty   = "suspected"
stage       = "audit"
scope       = ["inpatient"]
window      = "settlement"
law         = ["regulation-16", "regulation-39-1-3", "regulation-39-1-4", "rules-9"]
basis       = ["智能监管规则库（2025年版）40 诊断编码与手术操作编码不符"]
needs       = ["record.procedure.procedure_code", "record.diagnosis.diagnosis_code"]
exclusions  = [
    "another diagnosis of the settlement the table does not set against the procedure, from another chapter: it may be the reason",
    "procedures that are not the main one",
    "the principal diagnosis is unknown: cannot judge",
    "only diagnoses of Chinese medicine or without a code are delivered: cannot judge",
]
exclusions_zh = [
    "结算另有不同章且表中未列为与该手术不符的诊断：可能为手术原因",
    "非主要手术操作",
    "主诊断未知：无法判定",
    "仅有中医诊断或未编码的文字诊断：无法判定",
]
limits      = "Rests on starter knowledge of pairs that cannot belong together. A second disease treated first, or a wrong choice of the principal diagnosis, looks the same: for the grouping of the stay both matter."
limits_zh   = "依据初始知识表中不能同时成立的组合。先治疗第二种疾病、主诊断选择错误也会呈现相同情形；两者均影响病例入组。"
status      = "trial"
version     = "2"
sentence    = "Main procedure {procedure_code} {procedure_name} does not fit the principal diagnosis {diagnosis_code} {diagnosis_name} ({occurred_on})"
sentence_zh = "{occurred_on} 主要手术操作 {procedure_code} {procedure_name} 与主诊断 {diagnosis_code} {diagnosis_name} 不符"
*/
with principal as (
    select encounter_id, min(diagnosis_code) as diagnosis_code, min(diagnosis_name) as diagnosis_name
    from feature.visit_diagnosis
    where is_principal
    group by encounter_id
),

uncoded as (
    select encounter_id from feature.delivered_diagnosis where kind <> 'coded' and is_principal group by encounter_id
),

main as (
    select p.settlement_id, s.encounter_id, s.person_id, s.institution_id, s.settled_on,
        min(p.procedure_code) as procedure_code, min(p.procedure_name) as procedure_name,
        max(d.diagnosis_code) as diagnosis_code, max(d.diagnosis_name) as diagnosis_name
    from record.procedure as p
    join feature.settlement as s on s.settlement_id = p.settlement_id
    left join principal as d on d.encounter_id = s.encounter_id
    where p.is_principal
    group by p.settlement_id, s.encounter_id, s.person_id, s.institution_id, s.settled_on
),

-- Pairs that occur and cannot belong together, worked out on distinct codes.
pair as (
    select distinct c.diagnosis_code, c.procedure_code
    from (
        select distinct d.diagnosis_code, m.procedure_code
        from main as m
        join feature.visit_diagnosis as d on d.encounter_id = m.encounter_id
    ) as c
    join knowledge.diagnosis_procedure as k
        on substr(c.diagnosis_code, 1, length(k.diagnosis_prefix)) = k.diagnosis_prefix
        and substr(c.procedure_code, 1, length(k.procedure_prefix)) = k.procedure_prefix
),

-- A further diagnosis of another chapter, not set against the procedure, may be what was operated.
other as (
    select distinct m.settlement_id
    from main as m
    join feature.visit_diagnosis as d on d.encounter_id = m.encounter_id
    left join pair as p on p.diagnosis_code = d.diagnosis_code and p.procedure_code = m.procedure_code
    where p.diagnosis_code is null and substr(d.diagnosis_code, 1, 1) <> substr(m.diagnosis_code, 1, 1)
        and not coalesce(d.is_principal, false)
)

select
    case
        when m.diagnosis_code is null then 'cannot_judge'
        when p.diagnosis_code is not null and o.settlement_id is null then 'hit'
        else 'clear'
    end as outcome,
    case
        when m.diagnosis_code is null and u.encounter_id is not null
            then 'only diagnoses of Chinese medicine or without a code are delivered'
        when m.diagnosis_code is null then 'the principal diagnosis is unknown'
    end as reason,
    m.settlement_id,
    cast(null as varchar) as line_id,
    m.encounter_id,
    m.person_id,
    m.institution_id,
    cast(null as varchar) as practitioner_id,
    m.settled_on as occurred_on,
    cast(0 as decimal(16, 2)) as amount,
    m.procedure_code,
    coalesce(m.procedure_name, '') as procedure_name,
    m.diagnosis_code,
    coalesce(m.diagnosis_name, '') as diagnosis_name
from main as m
cross join (select count(*) as held from knowledge.diagnosis_procedure) as k
left join pair as p on p.diagnosis_code = m.diagnosis_code and p.procedure_code = m.procedure_code
left join other as o on o.settlement_id = m.settlement_id
left join uncoded as u on u.encounter_id = m.encounter_id
where k.held > 0
union all
select 'cannot_judge', 'knowledge.diagnosis_procedure is empty', null, null, null, null, null, null, null, null, null,
    null, null, null
from (select count(*) as held from knowledge.diagnosis_procedure) as k
where held = 0
