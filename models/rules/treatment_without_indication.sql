/*
title       = "Treatment given again and again without a diagnosis that asks for it"
title_zh    = "无指征治疗"
official    = [79]
violation   = "treatment_without_indication"
family      = "indication"
subjects    = ["institution", "practitioner"]
certainty   = "suspected"
stage       = "supervision"
window      = "visit"
basis       = [
    "《医疗保障基金使用监督管理条例》第十五条、第三十八条第（二）项：违反诊疗规范过度诊疗",
    "智能监管规则库（2025年版）79 无指征治疗",
]
needs       = ["record.fee_line.charged_at", "record.fee_line.item_code"]
exclusions  = [
    "given fewer than least_times times in the visit",
    "a diagnosis of an earlier visit, at most lookback_days old, asks for the treatment",
    "no diagnosis of the visit is known: cannot judge",
]
limits      = "Diagnoses are coded for payment and seldom complete. Outpatient courses billed visit by visit are below least_times each and not seen. Units of minutes or sites count as times."
status      = "trial"
version     = "1"
sentence    = "{item_name} was charged {times} times in the visit, this line on {occurred_on} ({amount} yuan); its diagnoses ({diagnosis}) do not ask for it"
sentence_zh = "{occurred_on} 治疗“{item_name}”{amount} 元（本次就诊共 {times} 次），诊断（{diagnosis}）未见相应指征"

[params.least_times]
value   = 3
unit    = "times"
meaning = "charged so often in a visit is again and again"

[params.lookback_days]
value   = 90
unit    = "days"
meaning = "a diagnosis of an earlier visit of the person, at most so old, justifies the item too"
*/
with item as (
    select distinct item_code, coalesce(item_name, '') as item_name
    from feature.fee_line
    where item_code is not null and eligible_amount > 0
),

indicated as (
    select distinct i.item_code, i.item_name, k.official, k.diagnosis_prefix, k.valid_from, k.valid_to
    from item as i
    join knowledge.service_indication as k
        on i.item_code like coalesce(k.item_prefix, '') || '%'
        and i.item_name like '%' || coalesce(k.name_word, '') || '%'
    where k.official = 79
),

concerned as (
    select distinct l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.item_code, coalesce(l.item_name, '') as item_name, l.quantity, l.eligible_amount, i.official
    from feature.fee_line as l
    join indicated as i on i.item_code = l.item_code and i.item_name = coalesce(l.item_name, '')
        and l.charged_on >= coalesce(i.valid_from, l.charged_on) and l.charged_on <= coalesce(i.valid_to, l.charged_on)
    where l.eligible_amount > 0
),

visit as (
    select c.encounter_id, c.item_code, c.item_name, c.official, max(c.person_id) as person_id,
        min(coalesce(e.started_on, c.charged_on)) as started_on, sum(coalesce(c.quantity, 1)) as times
    from concerned as c
    left join feature.encounter as e on e.encounter_id = c.encounter_id
    where c.encounter_id is not null
    group by c.encounter_id, c.item_code, c.item_name, c.official
),

fitting as (
    select distinct d.diagnosis_code, i.diagnosis_prefix
    from (select distinct diagnosis_code from feature.visit_diagnosis) as d
    join (select distinct diagnosis_prefix from indicated) as i on d.diagnosis_code like i.diagnosis_prefix || '%'
),

relevant as (
    select encounter_id, person_id, started_on, d.diagnosis_code, f.diagnosis_prefix
    from feature.visit_diagnosis as d
    join fitting as f on f.diagnosis_code = d.diagnosis_code
),

met as (
    select v.encounter_id, v.item_code, v.item_name, v.official
    from visit as v
    join indicated as i on i.item_code = v.item_code and i.item_name = v.item_name and i.official = v.official
    join relevant as r on r.encounter_id = v.encounter_id and r.diagnosis_prefix = i.diagnosis_prefix
    union
    select v.encounter_id, v.item_code, v.item_name, v.official
    from visit as v
    join indicated as i on i.item_code = v.item_code and i.item_name = v.item_name and i.official = v.official
    join relevant as r on r.person_id = v.person_id and r.diagnosis_prefix = i.diagnosis_prefix
    where r.started_on <= v.started_on and date_diff('day', r.started_on, v.started_on) <= $lookback_days
),

named as (
    select encounter_id, min(case when is_principal then diagnosis_name end) as principal_name,
        min(diagnosis_name) as any_name, min(case when is_principal then diagnosis_code end) as principal_code,
        min(diagnosis_code) as any_code
    from feature.visit_diagnosis
    group by encounter_id
),

told as (
    select c.*, v.times, coalesce(n.principal_name, n.any_name, n.principal_code, n.any_code) as diagnosis,
        case
            when m.encounter_id is not null then 'clear'
            when v.times < $least_times then 'clear'
            when n.encounter_id is null then 'cannot_judge'
            else 'hit'
        end as outcome,
        row_number() over (partition by c.settlement_id, c.line_id order by c.official) as place
    from concerned as c
    left join visit as v
        on v.encounter_id = c.encounter_id and v.item_code = c.item_code and v.item_name = c.item_name
        and v.official = c.official
    left join met as m
        on m.encounter_id = c.encounter_id and m.item_code = c.item_code and m.item_name = c.item_name
        and m.official = c.official
    left join named as n on n.encounter_id = c.encounter_id
),

untold as (
    select 79 as official, count(*) as points from knowledge.service_indication where official = 79
)

select
    outcome,
    case when outcome = 'cannot_judge' then 'no diagnosis is known' end as reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    eligible_amount as amount,
    item_name,
    diagnosis,
    cast(times as double) as times,
    official
from told
where place = 1
union all
select 'cannot_judge',
    'knowledge.service_indication is empty for rule ' || cast(official as varchar) || ': a city table',
    null, null, null, null, null, null, null, null, null, null, null, official
from untold
where points = 0
