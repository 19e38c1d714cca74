/*
title       = "Diagnosis that only the other sex can have"
title_zh    = "诊断与患者性别不符"
official    = [54]
violation   = "sex_mismatch"
family      = "identity"
fetch       = ["identity", "coding"]
judges      = ["sex"]
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
basis       = ["智能监管规则库（2025年版）54 诊断与患者性别不符"]
needs       = ["record.diagnosis.diagnosis_code", "record.settlement.sex"]
exclusions  = [
    "a diagnosis of the person that leaves the sex open (Q56, E25, E34.5, F64)",
    "register, bills, encounters and identity numbers name more than one sex (changed, corrected, mistyped): cannot judge",
    "the sex is unknown: cannot judge",
    "only diagnoses of Chinese medicine or without a code are delivered: cannot judge",
    "the newborn and the mother settled together: maternity stays and persons below one year",
]
exclusions_zh = [
    "参保人有性别不明或发育异常的诊断（Q56、E25、E34.5、F64）",
    "参保登记、结算、就诊与证件号码的性别不一致（变更、更正或录错）：无法判定",
    "性别未知：无法判定",
    "仅有中医诊断或未编码的文字诊断：无法判定",
    "新生儿与母亲合并结算：生育住院及不满一周岁者",
]
limits      = "A mistyped code and another person's card look the same. Which codes belong to one sex is starter knowledge; sex of record may have been changed. The money at issue is what rules on the items find."
limits_zh   = "编码录错与使用他人医保凭证表现相同。哪些编码仅见于一种性别依据初始知识表；登记性别也可能变更过。涉及金额由项目类规则计算。"
version     = "3"
sentence    = "{diagnosis_code} {diagnosis_name}, a diagnosis of {code_sex} persons, is coded for a {person_sex} person ({occurred_on})"
sentence_zh = "{occurred_on} {person_sex_zh}性参保人的诊断 {diagnosis_code} {diagnosis_name} 仅见于{code_sex_zh}性"
*/
-- One row an encounter: its first conflicting diagnosis, else any.
with coded as (
    select s.settlement_id, s.encounter_id, s.person_id, s.institution_id, s.settled_on, s.sex,
        d.diagnosis_code, d.diagnosis_name, k.sex as code_sex,
        coalesce(s.age_years < 1, false) or coalesce(substr(s.medical_category, 1, 2) = '52', false)
            or coalesce(b.is_delivered, false) as is_newborn,
        case
            when s.sex is null then 'the sex is unknown'
            when s.is_sex_contradicted then 'the sexes that are known of the person differ'
        end as reason,
        row_number() over (
            partition by s.encounter_id
            order by case when k.sex <> s.sex then 0 else 1 end, d.diagnosis_code, d.diagnosis_name, s.settlement_id
        ) as place
    from feature.visit_diagnosis as d
    join feature.one_sex_diagnosis as k on k.diagnosis_code = d.diagnosis_code
    join feature.settlement as s on s.encounter_id = d.encounter_id
    left join feature.birth as b on b.encounter_id = s.encounter_id
),

uncoded as (
    select d.encounter_id
    from feature.delivered_diagnosis as d
    group by d.encounter_id
    having max(case when d.kind = 'coded' then 1 else 0 end) = 0
)

select
    case
        when is_newborn or person_id in (select person_id from feature.undetermined_sex) then 'clear'
        when reason is not null then 'cannot_judge'
        when sex <> code_sex then 'hit'
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
    'a slip: the sex of the register or the diagnosis code' as innocent,
    '登记性别或诊断编码录入有误' as innocent_zh,
    diagnosis_code,
    coalesce(diagnosis_name, '') as diagnosis_name,
    case code_sex when '1' then 'male' else 'female' end as code_sex,
    case code_sex when '1' then '男' else '女' end as code_sex_zh,
    case sex when '1' then 'male' else 'female' end as person_sex,
    case sex when '1' then '男' else '女' end as person_sex_zh
from coded
where place = 1
union all
select 'cannot_judge', 'only diagnoses of Chinese medicine or without a code are delivered', null, null,
    encounter_id, null, null, null, null, null, null, null, null, null, null, null, null, null
from uncoded
union all
select 'cannot_judge', 'knowledge.diagnosis_sex is empty', null, null, null, null, null, null, null, null, null, null,
    null, null, null, null, null, null
from (select count(*) as held from knowledge.diagnosis_sex) as k
where held = 0
