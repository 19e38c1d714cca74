/*
title       = "Drug that children must not have, charged for a child"
title_zh    = "药品儿童禁用"
official    = [66]
violation   = "child_contraindication"
family      = "medication"
subjects    = ["institution", "pharmacy", "practitioner"]
certainty   = "suspected"
stage       = "reminder"
window      = "line"
basis       = [
    "《医疗机构药事管理规定》：安全、有效、经济的合理用药原则",
    "智能监管规则库（2025年版）66 药品儿童禁用",
]
needs       = ["record.settlement.birth_on", "record.fee_line.charged_at"]
exclusions  = [
    "a drugstore purchase paid without the funds or from a relative's account: accounts are shared within the family",
    "a drug forbidden only with a disease, and the visit is not for that disease",
    "register, bills, encounters and identity numbers name more than one date of birth: cannot judge",
    "the institution is unknown, and with it whether it is a drugstore: cannot judge",
    "put on skin, eye, ear or nose, inhaled, or given by rectum or vagina: not the drug in the body",
    "an infection for which the table lets it pass (tuberculosis, plague, rickettsia)",
]
exclusions_zh = [
    "未使用基金或由家庭共济账户支付的药店购药：个人账户可供家庭成员使用",
    "仅在患某病时禁用，而本次就诊并非该病",
    "参保登记、结算、就诊与证件号码的出生日期不一致：无法判定",
    "机构未知，无从知道是否为药店：无法判定",
    "外用、滴眼、滴鼻、吸入、直肠或阴道给药：非全身用药",
    "知识表列明可权衡使用的感染（结核、鼠疫、立克次体病等）",
]
limits      = "A question of safety: no money is put at issue. A drug given knowingly beyond its label after consent looks the same; so does a parent's drug taken on the child's card. The age is full years or days on the day of charge."
limits_zh   = "属用药安全问题，不涉及金额。经知情同意的超说明书用药、家长使用儿童医保凭证取药也会呈现相同情形。年龄按计费当日周岁或天数计算。"
version     = "3"
sentence    = "{item_name}, not for persons of this age, was charged on {occurred_on} for a child aged {age_years}"
sentence_zh = "{occurred_on} 为 {age_years} 岁参保人开具“{item_name}”：{reason_zh}"
*/
with item as (
    select distinct item_code, coalesce(item_name, '') as item_name
    from feature.fee_line
    where item_code is not null and eligible_amount > 0
),

forbidden as (
    select i.item_code, i.item_name, k.age_from_years, k.age_to_years, k.age_to_days, k.diagnosis_prefix, k.excused_by,
        k.reason_zh, k.valid_from, k.valid_to
    from item as i
    join knowledge.drug_contraindication as k
        on i.item_code like coalesce(k.item_prefix, '') || '%'
        and i.item_name like '%' || coalesce(k.name_word, '') || '%'
    where k.official = 66 and (k.age_to_years is not null or k.age_to_days is not null)
),

diagnosed as (
    select distinct d.encounter_id, k.diagnosis_prefix
    from feature.visit_diagnosis as d
    join (select distinct diagnosis_prefix from forbidden where diagnosis_prefix is not null) as k
        on d.diagnosis_code like k.diagnosis_prefix || '%'
),

excused as (
    select distinct d.encounter_id, k.excused_by
    from feature.visit_diagnosis as d
    join (select distinct excused_by from forbidden where excused_by is not null) as k
        on '|' || k.excused_by || '|' like '%|' || substr(d.diagnosis_code, 1, 3) || '|%'
),

restricted as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.item_name, s.birth_on, s.is_birth_contradicted, f.age_from_years, f.age_to_years, f.age_to_days,
        f.reason_zh, s.is_family_purchase,
        f.diagnosis_prefix is not null and d.encounter_id is null as is_other_disease,
        x.encounter_id is not null as is_excused
    from feature.fee_line as l
    join forbidden as f on f.item_code = l.item_code and f.item_name = coalesce(l.item_name, '')
        and l.charged_on >= coalesce(f.valid_from, l.charged_on) and l.charged_on <= coalesce(f.valid_to, l.charged_on)
    join feature.settlement as s on s.settlement_id = l.settlement_id
    left join diagnosed as d on d.encounter_id = l.encounter_id and d.diagnosis_prefix = f.diagnosis_prefix
    left join excused as x on x.encounter_id = l.encounter_id and x.excused_by = f.excused_by
    where l.eligible_amount > 0 and not coalesce(l.is_local, false)
),

aged as (
    select *, date_diff('day', birth_on, charged_on) as age_days,
        year(charged_on) - year(birth_on) - case
            when substr(cast(charged_on as varchar), 6, 5) < substr(cast(birth_on as varchar), 6, 5) then 1 else 0
        end as age_years
    from restricted
),

told as (
    select *,
        case
            when is_family_purchase or is_other_disease or is_excused then 'clear'
            when birth_on is null or is_birth_contradicted or age_days < 0 or age_years > 120 then 'cannot_judge'
            when coalesce(age_years < age_to_years, true) and coalesce(age_days <= age_to_days, true)
                and coalesce(age_years >= age_from_years, true) and is_family_purchase is null then 'cannot_judge'
            when coalesce(age_years < age_to_years, true) and coalesce(age_days <= age_to_days, true)
                and coalesce(age_years >= age_from_years, true) then 'hit'
            else 'clear'
        end as outcome
    from aged
),

chosen as (
    select *, row_number() over (
            partition by settlement_id, line_id
            order by case outcome when 'hit' then 0 when 'cannot_judge' then 1 else 2 end, reason_zh
        ) as place
    from told
)

select
    outcome,
    case
        when outcome <> 'cannot_judge' then null
        when birth_on is null then 'the date of birth is unknown'
        when is_birth_contradicted then 'the dates of birth that are known of the person differ'
        when age_days < 0 or age_years > 120 then 'the date of birth is impossible'
        else 'the institution is unknown, and with it whether it is a drugstore'
    end as reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    cast(0 as decimal(16, 2)) as amount,
    item_name,
    age_years,
    reason_zh
from chosen
where place = 1
union all
select 'cannot_judge', 'knowledge.drug_contraindication is empty for rule 66: a city table', null, null, null, null,
    null, null, null, null, null, null, null
from (select count(*) as points from knowledge.drug_contraindication where official = 66) as known
where points = 0
