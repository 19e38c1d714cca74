/*
title       = "Diagnosis at an age at which it does not occur"
title_zh    = "诊断与患者年龄不符"
official    = [55]
violation   = "age_mismatch"
family      = "identity"
fetch       = ["identity", "coding"]
subjects    = ["institution"]
certainty   = "suspected"
stage       = "supervision"
window      = "settlement"
law         = [
    "regulation-16",
    "regulation-39-1-3",
    "regulation-39-1-4",
    "rules-9",
    "regulation-17",
    "regulation-41-1-1",
]
basis       = ["智能监管规则库（2025年版）55 诊断与患者年龄不符"]
needs       = ["record.diagnosis.diagnosis_code", "record.settlement.birth_on"]
exclusions  = [
    "a child's diagnosis on the mother's bill before, at or after a birth, and the mother's on the newborn's",
    "only diagnoses of Chinese medicine or without a code are delivered: cannot judge",
    "register, bills, encounters and identity numbers name more than one date of birth: cannot judge",
    "the date of birth is unknown or impossible: cannot judge",
]
exclusions_zh = [
    "母亲孕产期结算中的新生儿诊断、新生儿结算中的母亲诊断",
    "仅有中医诊断或未编码的文字诊断：无法判定",
    "参保登记、结算、就诊与证件号码的出生日期不一致：无法判定",
    "出生日期未知或不合理：无法判定",
]
limits      = "The ages are those by which ICD-10 defines the diagnosis, taken wide. Codes kept from childhood (late effects of a birth injury) may be right in an adult; a mistyped code and another person's card look the same."
limits_zh   = "年龄按 ICD-10 对该诊断的定义宽取。儿时沿用的编码（如产伤后遗症）在成人也可能成立；编码录错与使用他人医保凭证表现相同。"
version     = "3"
sentence    = "{diagnosis_code} {diagnosis_name} is coded for a person aged {age_years} years ({occurred_on}); it occurs {age_limit}"
sentence_zh = "{occurred_on} {age_years} 岁参保人的诊断为 {diagnosis_code} {diagnosis_name}，与该诊断的年龄范围（{age_limit_zh}）不符"
*/
with code as (
    select diagnosis_code, age_from_years, age_to_years, age_to_days
    from (
        select c.diagnosis_code, k.age_from_years, k.age_to_years, k.age_to_days,
            row_number() over (partition by c.diagnosis_code order by length(k.diagnosis_prefix) desc) as place
        from (select distinct diagnosis_code from feature.visit_diagnosis) as c
        join knowledge.diagnosis_age as k
            on substr(c.diagnosis_code, 1, length(k.diagnosis_prefix)) = k.diagnosis_prefix
    ) as candidates
    where place = 1
),

coded as (
    select s.settlement_id, s.encounter_id, s.person_id, s.institution_id, s.settled_on, s.birth_on, s.is_birth_contradicted,
        s.started_on, d.diagnosis_code, d.diagnosis_name, k.age_from_years, k.age_to_years, k.age_to_days,
        b.encounter_id is not null or coalesce(substr(s.medical_category, 1, 1) = '5', false) as is_mothers,
        date_diff('day', s.birth_on, s.started_on) as age_days,
        year(s.started_on) - year(s.birth_on) - case
            when substr(cast(s.started_on as varchar), 6, 5) < substr(cast(s.birth_on as varchar), 6, 5) then 1 else 0
        end as age_years
    from feature.visit_diagnosis as d
    join code as k on k.diagnosis_code = d.diagnosis_code
    join feature.settlement as s on s.encounter_id = d.encounter_id
    left join feature.birth as b on b.encounter_id = d.encounter_id
),

tested as (
    select *,
        (
            coalesce(age_years < age_from_years, false) or coalesce(age_years >= age_to_years, false)
            or coalesce(age_days > age_to_days, false)
        -- the child's diagnosis on the mother's bill, and the mother's on the child's
        ) and not (is_mothers and (age_to_years is not null or age_to_days is not null) and age_from_years is null)
            and not (substr(diagnosis_code, 1, 1) = 'O' and age_days between 0 and 365) as is_outside,
        case
            when birth_on is null then 'the date of birth is unknown'
            when is_birth_contradicted then 'the dates of birth that are known of the person differ'
            when age_days < 0 or age_years > 120 then 'the date of birth is impossible'
        end as reason
    from coded
),

-- One row an encounter: its first conflicting diagnosis, else any.
first_one as (
    select *,
        row_number() over (
            partition by encounter_id
            order by case when is_outside then 0 else 1 end, diagnosis_code, diagnosis_name, settlement_id
        ) as place
    from tested
),

uncoded as (
    select d.encounter_id
    from feature.delivered_diagnosis as d
    group by d.encounter_id
    having max(case when d.kind = 'coded' then 1 else 0 end) = 0
)

select
    case
        when reason is not null then 'cannot_judge'
        when is_outside then 'hit'
        else 'clear'
    end as outcome,
    reason,
    settlement_id,
    cast(null as varchar) as line_id,
    encounter_id,
    person_id,
    institution_id,
    cast(null as varchar) as practitioner_id,
    settled_on as occurred_on,
    cast(0 as decimal(16, 2)) as amount,
    diagnosis_code,
    coalesce(diagnosis_name, '') as diagnosis_name,
    age_years,
    case
        when age_to_days is not null then 'up to ' || cast(age_to_days as varchar) || ' days of age'
        when age_to_years is null then 'from ' || cast(age_from_years as varchar) || ' years'
        when age_from_years is null then 'below ' || cast(age_to_years as varchar) || ' years'
        else 'from ' || cast(age_from_years as varchar) || ' to under ' || cast(age_to_years as varchar) || ' years'
    end as age_limit,
    case
        when age_to_days is not null then cast(age_to_days as varchar) || ' 天以内'
        when age_to_years is null then cast(age_from_years as varchar) || ' 岁及以上'
        when age_from_years is null then cast(age_to_years as varchar) || ' 岁以下'
        else cast(age_from_years as varchar) || ' 至 ' || cast(age_to_years as varchar) || ' 岁以下'
    end as age_limit_zh
from first_one
where place = 1
union all
select 'cannot_judge', 'only diagnoses of Chinese medicine or without a code are delivered', null, null,
    encounter_id, null, null, null, null, null, null, null, null, null, null
from uncoded
union all
select 'cannot_judge', 'knowledge.diagnosis_age is empty', null, null, null, null, null, null, null, null, null, null,
    null, null, null
from (select count(*) as held from knowledge.diagnosis_age) as k
where held = 0
