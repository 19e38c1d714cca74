/*
title       = "Item restricted to the other sex"
title_zh    = "药品、医疗服务项目与性别不符"
official    = [67, 81]
by_edition  = true
violation   = "sex_mismatch"
family      = "identity"
fetch       = ["identity", "overcharge"]
problem     = ["hospital-7", "hospital-76", "pharmacy-9", "pharmacy-17"]
judges      = ["sex"]
subjects    = ["institution", "pharmacy", "practitioner"]
certainty   = "definite"
stage       = "audit"
window      = "line"
law         = [
    "regulation-15-2",
    "regulation-38-1-6",
    "regulation-38-1-7",
    "rules-11",
    "regulation-17",
    "regulation-41-1-1",
]
basis       = ["智能监管规则库（2025年版）67 药品区分性别使用、81 医疗服务项目区分性别使用"]
needs       = ["record.settlement.sex"]
exclusions  = [
    "register, bills, encounters and identity numbers name more than one sex (changed, corrected, mistyped): cannot judge",
    "pregnancy and maternity care settled for a newborn",
    "a son's item on the bill of the mother who bore him",
    "a living donor's care on the bill of who gets the organ or the marrow",
    "a diagnosis of the person with which the item is given to the other sex too (breast cancer of a man)",
    "such an item in a visit without a coded diagnosis: cannot judge",
    "no edition of the catalogue at hand covers the day of the charge: cannot judge",
    "a drugstore purchase paid without the funds or from a relative's account: accounts are shared within the family",
    "the institution is unknown, and with it whether it is a drugstore: cannot judge",
]
exclusions_zh = [
    "参保登记、结算、就诊与证件号码的性别不一致（变更、更正或录错）：无法判定",
    "妊娠、生育费用在新生儿名下结算",
    "新生男婴的项目在母亲名下结算",
    "活体器官、造血干细胞供者的费用并入受者结算",
    "参保人有该项目可用于另一性别的诊断（如男性乳腺癌）",
    "此类项目所在就诊无编码诊断：无法判定",
    "收费日期不在现有目录版本有效期内：无法判定",
    "未使用基金或由家庭共济账户支付的药店购药：个人账户可供家庭成员使用",
    "机构未知，无从知道是否为药店：无法判定",
]
limits      = "Only suspected where the bill names no sex of its own, no diagnosis of the visit is coded, or the person has more of the other sex or has it on several days: the register's sex is today's and may have been changed. Silent on items without a published sex; an item taken for a spouse and paid by the funds looks the same."
limits_zh   = "结算单未填性别、仅有现行参保登记性别的，就诊无编码诊断的，以及另有异性疾病或多日使用异性项目的，仅列为可疑（参保登记性别可能已变更）。未公布性别限制的项目不作判断；为配偶取用且由基金支付的也会呈现相同情形。"
version     = "5"
sentence    = "{item_name}, an item for {item_sex} persons, was charged for a {person_sex} person on {occurred_on} ({amount} yuan)"
sentence_zh = "{occurred_on} 为{person_sex_zh}性参保人结算限{item_sex_zh}性使用的“{item_name}”，涉及 {amount} 元"
*/
with restricted as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.item_code, l.item_name, l.eligible_amount, s.sex, s.is_sex_contradicted, s.age_years,
        s.is_family_purchase, coalesce(s.is_sex_of_bill, false) as is_sex_of_bill,
        k.sex as item_sex, k.point_id, coalesce(b.is_delivered and k.sex = '1', false) as is_sons,
        o.encounter_id is not null as has_donor
    from feature.fee_line as l
    join knowledge.item_sex as k
        on k.item_code = l.item_code
        and l.charged_on >= coalesce(k.valid_from, l.charged_on) and l.charged_on <= coalesce(k.valid_to, l.charged_on)
    join feature.settlement as s on s.settlement_id = l.settlement_id
    left join feature.birth as b on b.encounter_id = l.encounter_id
    left join feature.donor_on_bill as o on o.encounter_id = l.encounter_id
    where l.eligible_amount > 0
),

-- Items that some diagnosis makes fitting for the other sex too.
exception as (
    select i.item_code, i.item_name, k.sex, k.diagnosis_prefix
    from (select distinct item_code, coalesce(item_name, '') as item_name from restricted) as i
    join knowledge.sex_exception as k
        on i.item_code like coalesce(k.item_prefix, '') || '%' and i.item_name like '%' || coalesce(k.name_word, '') || '%'
),

excused as (
    select distinct r.person_id, x.item_code, x.item_name, x.sex
    from (select distinct person_id, item_code, coalesce(item_name, '') as item_name, sex from restricted) as r
    join exception as x on x.item_code = r.item_code and x.item_name = r.item_name and x.sex = r.sex
    join feature.visit_diagnosis as d on d.person_id = r.person_id and d.diagnosis_code like x.diagnosis_prefix || '%'
),

-- Named items alone: that anybody may be of undetermined sex is no reason to leave an undiagnosed visit unjudged.
named as (
    select distinct i.item_code, i.item_name, k.sex
    from (select distinct item_code, coalesce(item_name, '') as item_name from restricted) as i
    join knowledge.sex_exception as k
        on i.item_code like coalesce(k.item_prefix, '') || '%' and i.item_name like '%' || k.name_word || '%'
),

-- Whoever has an illness of the other sex too, or nothing but its items on several days, has that body: the register's sex
-- is wrong or was changed. One item on one day says nothing of the kind, unless the sex is known by today's register alone,
-- or nothing is known of why the person came.
other_body as (
    select person_id
    from restricted
    group by person_id
    having count(distinct case when sex <> item_sex then charged_on end) >= 2
        and max(case when sex = item_sex then 1 else 0 end) = 0
    union
    select r.person_id
    from restricted as r
    join feature.visit_diagnosis as d on d.person_id = r.person_id
    join knowledge.diagnosis_sex as k
        on d.diagnosis_code like k.diagnosis_prefix || '%' and k.sex = r.item_sex and k.sex <> r.sex
),

weighed as (
    select r.*, y.person_id is not null or not r.is_sex_of_bill or d.encounter_id is null as is_other_body, e.person_id is not null as is_excused,
        n.item_code is not null and d.encounter_id is null as is_perhaps_excused
    from restricted as r
    left join other_body as y on y.person_id = r.person_id
    left join excused as e
        on e.person_id = r.person_id and e.item_code = r.item_code and e.item_name = coalesce(r.item_name, '')
        and e.sex = r.sex
    left join named as n
        on n.item_code = r.item_code and n.item_name = coalesce(r.item_name, '') and n.sex = r.sex
    left join (select distinct encounter_id from feature.visit_diagnosis) as d on d.encounter_id = r.encounter_id
)

select
    case
        when is_family_purchase or is_sons or has_donor or is_excused then 'clear'
        when sex is null or is_sex_contradicted then 'cannot_judge'
        when sex <> item_sex and not (coalesce(age_years < 1, false) and item_sex = '2') and is_family_purchase is null
            then 'cannot_judge'
        when sex <> item_sex and not (coalesce(age_years < 1, false) and item_sex = '2') and is_perhaps_excused
            then 'cannot_judge'
        when sex <> item_sex and not (coalesce(age_years < 1, false) and item_sex = '2') then 'hit'
        else 'clear'
    end as outcome,
    case
        when sex is null then 'the sex is unknown'
        when is_sex_contradicted then 'the sexes that are known of the person differ'
        when is_family_purchase is null then 'the institution is unknown, and with it whether it is a drugstore'
        when is_perhaps_excused then 'no diagnosis is known, and with it whether the item fits the other sex'
    end as reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    eligible_amount as amount,
    case when is_other_body then 'suspected' end as certainty,
    case when is_other_body then 'a person whose sex is wrong in the register, or was changed there' end as innocent,
    case when is_other_body then '参保登记性别有误或已依法变更' end as innocent_zh,
    item_name,
    case item_sex when '1' then 'male' else 'female' end as item_sex,
    case item_sex when '1' then '男' else '女' end as item_sex_zh,
    case sex when '1' then 'male' else 'female' end as person_sex,
    case sex when '1' then '男' else '女' end as person_sex_zh,
    point_id
from weighed
