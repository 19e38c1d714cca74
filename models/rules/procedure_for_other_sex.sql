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
    "a diagnosis of the person that leaves the sex open (Q56, E25, E34.5, F64)",
    "register, bills, encounters and identity numbers name more than one sex (changed, corrected, mistyped): cannot judge",
    "the sex is unknown: cannot judge",
    "a newborn settled on the mother's bill, or the mother on the newborn's",
    "a living donor's care on the bill of who gets the organ or the marrow",
    "an operation on the partner in the stay of the one treated for infertility",
]
exclusions_zh = [
    "参保人有性别不明或发育异常的诊断（Q56、E25、E34.5、F64）",
    "参保登记、结算、就诊与证件号码的性别不一致（变更、更正或录错）：无法判定",
    "性别未知：无法判定",
    "新生儿并入母亲结算，或母亲并入新生儿结算",
    "活体器官、造血干细胞供者的费用并入受者结算",
    "不孕不育治疗中在一方住院结算的另一方手术",
]
limits      = "A mistyped code and another person's card look the same. Which codes belong to one sex follows from the chapters of ICD-9-CM-3 (60-64, 65-75); single codes outside them are starter knowledge. The money at issue is what the operation's own rules find."
limits_zh   = "编码录错与使用他人医保凭证表现相同。编码所属性别依据 ICD-9-CM-3 章节（60-64、65-75），章节以外的个别编码为初始知识。涉及金额由手术类规则计算。"
version     = "4"
sentence    = "{procedure_code} {procedure_name}, a procedure on {code_sex} persons, is coded for a {person_sex} person ({occurred_on})"
sentence_zh = "{occurred_on} 为{person_sex_zh}性参保人编码仅{code_sex_zh}性可有的手术操作 {procedure_code} {procedure_name}"
*/
with named as (
    select procedure_prefix, sex, excused_by from knowledge.procedure_sex
    union all
    select procedure_code, sex, null from knowledge.procedure_code_sex
),

code as (
    select c.procedure_code, max(k.sex) as sex, min(k.sex) as other_sex, max(k.excused_by) as excused_by
    from (select distinct procedure_code from record.procedure) as c
    join named as k on substr(c.procedure_code, 1, length(k.procedure_prefix)) = k.procedure_prefix
    group by c.procedure_code
),

coded as (
    select p.settlement_id, p.procedure_code, max(p.procedure_name) as procedure_name, max(k.sex) as code_sex,
        max(k.excused_by) as excused_by
    from record.procedure as p
    join code as k on k.procedure_code = p.procedure_code and k.sex = k.other_sex
    group by p.settlement_id, p.procedure_code
),

told as (
    select c.*, s.encounter_id, s.person_id, s.institution_id, s.settled_on, s.sex, s.age_years,
        coalesce(s.medical_category, '') as medical_category,
        case
            when s.sex is null then 'the sex is unknown'
            when s.is_sex_contradicted then 'the sexes that are known of the person differ'
        end as reason
    from coded as c
    join feature.settlement as s on s.settlement_id = c.settlement_id
),

-- Done on the partner, on the bill of the one who is treated for the couple; on the child, on the mother's.
excused as (
    select c.settlement_id, c.procedure_code
    from told as c
    join feature.visit_diagnosis as d
        on d.encounter_id = c.encounter_id and c.excused_by is not null
        and '|' || c.excused_by || '|' like '%|' || substr(d.diagnosis_code, 1, 3) || '|%'
    union
    select c.settlement_id, c.procedure_code
    from told as c
    join feature.birth as b on b.encounter_id = c.encounter_id
    union
    select c.settlement_id, c.procedure_code
    from told as c
    join feature.donor_on_bill as o on o.encounter_id = c.encounter_id
    union
    select c.settlement_id, c.procedure_code
    from told as c
    join feature.undetermined_sex as u on u.person_id = c.person_id
),

weighed as (
    select c.*, x.settlement_id is not null as is_excused
    from told as c
    left join excused as x on x.settlement_id = c.settlement_id and x.procedure_code = c.procedure_code
)

select
    case
        when is_excused then 'clear'
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
from weighed
union all
select 'cannot_judge', 'knowledge.procedure_sex is empty', null, null, null, null, null, null, null, null, null, null,
    null, null, null, null
from (select count(*) as held from knowledge.procedure_sex) as k
where held = 0
