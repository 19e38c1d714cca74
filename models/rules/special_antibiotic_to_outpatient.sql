/*
title       = "Antibiotic of special use given to an out-patient"
title_zh    = "门诊使用特殊使用级抗菌药物"
official    = [45]
violation   = "antibiotic_right"
family      = "medication"
fetch       = ["antibiotic"]
subjects    = ["institution", "practitioner"]
certainty   = "suspected"
stage       = "audit"
window      = "line"
basis       = [
    "《抗菌药物临床应用管理办法》第二十七条：特殊使用级抗菌药物不得在门诊使用",
    "智能监管规则库（2025年版）45 抗菌药物分级使用管理",
]
needs       = ["record.fee_line.item_code"]
exclusions  = [
    "given during a stay",
    "emergencies: one day's use is allowed to save a life",
    "bought at a drugstore",
    "the institution is unknown, and with it whether it is a drugstore: cannot judge",
    "given on for what it is given outside hospital: resistant tuberculosis, fungal infections, infections of dialysis",
    "such a drug in a visit without a coded diagnosis: cannot judge",
    "drops, creams and inhaled antibiotics",
]
exclusions_zh = [
    "住院期间使用",
    "急诊：允许使用一天以挽救生命",
    "药店购买",
    "机构未知，无从知道是否为药店：无法判定",
    "耐药结核、真菌感染序贯治疗、透析相关感染等按诊断可在门诊延续使用的",
    "此类药品所在就诊无编码诊断：无法判定",
    "滴眼、外用、雾化吸入的抗菌药物",
]
limits      = "Rests on starter knowledge of the classes; the province's own list counts. Observation and day wards settled as out-patient care look the same."
limits_zh   = "依据初始知识表中的分级，以本省分级管理目录为准。按门诊结算的留观、日间病房也会呈现相同情形。"
version     = "2"
sentence    = "{item_name}, an antibiotic of special use, was given to an out-patient on {occurred_on} ({amount} yuan)"
sentence_zh = "{occurred_on} 门诊使用特殊使用级抗菌药物“{item_name}”，涉及 {amount} 元"
*/
with item as (
    select distinct item_code, coalesce(item_name, '') as item_name
    from feature.fee_line
    where catalogue_type = '101' and not coalesce(is_pharmacy, false)
),

drug as (
    select i.item_code, i.item_name, k.follow_up, k.valid_from, k.valid_to
    from item as i
    join knowledge.antibiotic as k
        on substr(i.item_code, 1, length(coalesce(k.item_prefix, ''))) = coalesce(k.item_prefix, '')
        and i.item_name like '%' || coalesce(k.name_word, '') || '%'
    where k.class = 'special'
),

-- What the drug is given on for outside hospital: resistant tuberculosis, fungi, infections of dialysis.
diagnosed as (
    select distinct encounter_id, substr(diagnosis_code, 1, 3) as category from feature.visit_diagnosis
),

followed as (
    select distinct d.encounter_id, k.item_code, k.item_name
    from diagnosed as d
    join drug as k
        on '|' || k.follow_up || '|' like '%|' || d.category || '|%'
        or '|' || k.follow_up || '|' like '%|' || substr(d.category, 1, 2) || '|%'
),

given as (
    select distinct l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.care_setting, l.item_name, l.eligible_amount, l.is_pharmacy,
        f.encounter_id is not null or coalesce(c.is_dialysis, false) as is_follow_up,
        d.follow_up is not null and n.encounter_id is null as is_undiagnosed
    from feature.fee_line as l
    join drug as d
        on d.item_code = l.item_code and d.item_name = coalesce(l.item_name, '')
        and l.charged_on >= coalesce(d.valid_from, l.charged_on) and l.charged_on <= coalesce(d.valid_to, l.charged_on)
    left join followed as f
        on f.encounter_id = l.encounter_id and f.item_code = l.item_code and f.item_name = coalesce(l.item_name, '')
    left join feature.encounter as c on c.encounter_id = l.encounter_id
    left join (select distinct encounter_id from diagnosed) as n on n.encounter_id = l.encounter_id
    where l.eligible_amount > 0 and not coalesce(l.is_pharmacy, false) and not coalesce(l.is_local, false)
)

select
    case
        when is_follow_up then 'clear'
        when care_setting in ('outpatient', 'chronic') and is_pharmacy is null then 'cannot_judge'
        when care_setting in ('outpatient', 'chronic') and is_undiagnosed then 'cannot_judge'
        when care_setting in ('outpatient', 'chronic') then 'hit'
        when care_setting is null then 'cannot_judge'
        else 'clear'
    end as outcome,
    case when care_setting is null then 'the kind of visit is unknown'
        when is_pharmacy is not null then 'no diagnosis is known, and with it whether the drug is given on after a stay'
        else 'the institution is unknown, and with it whether it is a drugstore' end as reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    eligible_amount as amount,
    item_name
from given
