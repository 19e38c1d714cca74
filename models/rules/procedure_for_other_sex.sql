/*
title       = "Coded procedure that only the other sex can have"
title_zh    = "手术操作编码与性别不符"
official    = [39]
violation   = "sex_mismatch"
family      = "coding"
judges      = ["sex"]
subjects    = ["institution"]
certainty   = "suspected"
stage       = "audit"
window      = "settlement"
law         = ["regulation-16", "regulation-39-1-3", "regulation-39-1-4", "rules-9"]
basis       = ["智能监管规则库（2025年版）39 手术操作编码与性别不符"]
needs       = ["record.procedure.procedure_code", "record.settlement.sex"]
exclusions  = [
    "the identity number contradicts the delivered sex: cannot judge",
    "the sex is unknown: cannot judge",
    "a newborn settled in the mother's maternity stay, or the mother in the newborn's",
]
exclusions_zh = [
    "证件号码与所报性别矛盾：无法判定",
    "性别未知：无法判定",
    "新生儿并入母亲生育住院结算，或母亲并入新生儿结算",
]
limits      = "A mistyped code and another person's card look the same. Which codes belong to one sex is starter knowledge. The money at issue is what the operation's own rules find."
limits_zh   = "编码录错与使用他人医保凭证表现相同。哪些编码仅见于一种性别依据初始知识表。涉及金额由手术类规则计算。"
status      = "trial"
version     = "1"
sentence    = "{procedure_code} {procedure_name}, a procedure on {code_sex} persons, is coded for a {person_sex} person ({occurred_on})"
sentence_zh = "{occurred_on} 为{person_sex_zh}性参保人编码仅{code_sex_zh}性可有的手术操作 {procedure_code} {procedure_name}"
*/
with code as (
    select c.procedure_code, max(k.sex) as sex, min(k.sex) as other_sex
    from (select distinct procedure_code from record.procedure) as c
    join knowledge.procedure_sex as k
        on substr(c.procedure_code, 1, length(k.procedure_prefix)) = k.procedure_prefix
    group by c.procedure_code
),

coded as (
    select p.settlement_id, p.procedure_code, max(p.procedure_name) as procedure_name, max(k.sex) as code_sex
    from record.procedure as p
    join code as k on k.procedure_code = p.procedure_code and k.sex = k.other_sex
    group by p.settlement_id, p.procedure_code
),

told as (
    select c.*, s.encounter_id, s.person_id, s.institution_id, s.settled_on, s.sex, s.age_years,
        coalesce(s.medical_category, '') as medical_category,
        case
            when s.sex is null then 'the sex is unknown'
            when s.is_sex_contradicted then 'the identity number contradicts the sex'
        end as reason
    from coded as c
    join feature.settlement as s on s.settlement_id = c.settlement_id
)

select
    case
        when reason is not null then 'cannot_judge'
        when sex <> code_sex and not coalesce(age_years < 1, false) and substr(medical_category, 1, 2) <> '52' then 'hit'
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
    procedure_code,
    coalesce(procedure_name, '') as procedure_name,
    case code_sex when '1' then 'male' else 'female' end as code_sex,
    case code_sex when '1' then '男' else '女' end as code_sex_zh,
    case sex when '1' then 'male' else 'female' end as person_sex,
    case sex when '1' then '男' else '女' end as person_sex_zh
from told
union all
select 'cannot_judge', 'knowledge.procedure_sex is empty', null, null, null, null, null, null, null, null, null, null,
    null, null, null, null
from (select count(*) as held from knowledge.procedure_sex) as k
where held = 0
