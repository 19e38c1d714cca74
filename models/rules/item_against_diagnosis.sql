/*
title       = "Drug or service that a diagnosis of the person forbids"
title_zh    = "药品禁忌症、医疗服务项目禁忌症"
official    = [71, 82]
violation   = "contraindicated_diagnosis"
family      = "medication"
problem     = ["hospital-168"]
subjects    = ["institution", "practitioner"]
certainty   = "suspected"
stage       = "reminder"
window      = "visit"
basis       = [
    "《医疗机构处方审核规范》：用药与临床诊断的相符性、用药禁忌",
    "智能监管规则库（2025年版）71 药品禁忌症、82 医疗服务项目禁忌症",
]
needs       = ["record.fee_line.charged_at", "record.fee_line.item_code"]
exclusions  = [
    "forbidden only at an age that the person does not have",
    "the diagnosis belongs to another visit",
    "no diagnosis of the visit is known: cannot judge",
    "put on skin, eye, ear or nose, inhaled, or given by rectum or vagina: not the drug in the body",
    "only diagnoses of Chinese medicine or without a code are delivered: cannot judge",
]
exclusions_zh = [
    "仅在参保人不具有的年龄禁用",
    "该诊断属于另一次就诊",
    "本次就诊无已知诊断：无法判定",
    "外用、滴眼、滴鼻、吸入、直肠或阴道给药：非全身用药",
    "仅有中医诊断或未编码的文字诊断：无法判定",
]
limits      = "A question of safety: no money is put at issue. A diagnosis to be ruled out, one long past and a risk weighed and taken look the same; the record tells."
limits_zh   = "属安全问题，不涉及金额。待排除诊断、陈旧诊断、权衡后使用的情形表现相同，以病历为准。"
status      = "trial"
version     = "2"
sentence    = "{item_name} was charged on {occurred_on} in a visit for {diagnosis}, with which it must not be used"
sentence_zh = "{occurred_on} 使用“{item_name}”，本次就诊诊断“{diagnosis}”属其禁忌：{reason_zh}"
*/
with item as (
    select distinct item_code, coalesce(item_name, '') as item_name
    from feature.fee_line
    where item_code is not null and eligible_amount > 0
),

forbidden as (
    select i.item_code, i.item_name, k.official, coalesce(k.diagnosis_prefix, 'pregnancy') as condition,
        k.age_from_years, k.age_to_years, k.age_to_days, k.reason_zh, k.valid_from, k.valid_to
    from item as i
    join knowledge.drug_contraindication as k
        on i.item_code like coalesce(k.item_prefix, '') || '%'
        and i.item_name like '%' || coalesce(k.name_word, '') || '%'
    where k.official in (71, 82) and (k.diagnosis_prefix is not null or coalesce(k.in_pregnancy, false))
),

diagnosed as (
    select d.encounter_id, k.condition, min(coalesce(d.diagnosis_name, d.diagnosis_code)) as diagnosis
    from feature.visit_diagnosis as d
    join (select distinct condition from forbidden) as k on d.diagnosis_code like k.condition || '%'
    group by d.encounter_id, k.condition
    union all
    select encounter_id, 'pregnancy', min(coalesce(diagnosis_name, diagnosis_code))
    from feature.visit_diagnosis
    where substr(diagnosis_code, 1, 3) between 'O10' and 'O48'
        or substr(diagnosis_code, 1, 3) in ('O98', 'O99', 'Z33', 'Z34', 'Z35', 'Z36')
    group by encounter_id
),

coded as (
    select distinct encounter_id from feature.visit_diagnosis
),

uncoded as (
    select distinct encounter_id from feature.delivered_diagnosis where kind <> 'coded'
),

restricted as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.item_name, f.official, f.reason_zh, f.age_from_years, f.age_to_years, f.age_to_days,
        d.diagnosis, c.encounter_id is not null as is_coded,
        u.encounter_id is not null as is_otherwise_told, date_diff('day', s.birth_on, l.charged_on) as age_days,
        year(l.charged_on) - year(s.birth_on) - case
            when substr(cast(l.charged_on as varchar), 6, 5) < substr(cast(s.birth_on as varchar), 6, 5) then 1 else 0
        end as age_years
    from feature.fee_line as l
    join forbidden as f on f.item_code = l.item_code and f.item_name = coalesce(l.item_name, '')
        and l.charged_on >= coalesce(f.valid_from, l.charged_on) and l.charged_on <= coalesce(f.valid_to, l.charged_on)
    left join feature.settlement as s on s.settlement_id = l.settlement_id
    left join coded as c on c.encounter_id = l.encounter_id
    left join diagnosed as d on d.encounter_id = l.encounter_id and d.condition = f.condition
    left join uncoded as u on u.encounter_id = l.encounter_id
    where l.eligible_amount > 0 and not coalesce(l.is_local, false)
),

told as (
    select *,
        case
            when not is_coded and is_otherwise_told
                then 'only diagnoses of Chinese medicine or without a code are delivered'
            when not is_coded then 'no diagnosis is known'
            when diagnosis is not null and age_days is null
                and coalesce(age_from_years, age_to_years, age_to_days) is not null then 'the date of birth is unknown'
        end as reason,
        diagnosis is not null and coalesce(age_years >= age_from_years, true)
            and coalesce(age_years < age_to_years, true) and coalesce(age_days <= age_to_days, true) as is_met
    from restricted
),

chosen as (
    select *, row_number() over (
            partition by settlement_id, line_id
            order by case when reason is null and is_met then 0 when reason is not null then 1 else 2 end, official,
                reason_zh
        ) as place
    from told
),

untold as (
    select 71 as official, count(*) as points from knowledge.drug_contraindication where official = 71
    union all
    select 82, count(*) from knowledge.drug_contraindication where official = 82
)

select
    case when reason is not null then 'cannot_judge' when is_met then 'hit' else 'clear' end as outcome,
    reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    cast(0 as decimal(16, 2)) as amount,
    item_name,
    diagnosis,
    reason_zh,
    official
from chosen
where place = 1
union all
select 'cannot_judge',
    'knowledge.drug_contraindication is empty for rule ' || cast(official as varchar) || ': a city table',
    null, null, null, null, null, null, null, null, null, null, null, official
from untold
where points = 0
