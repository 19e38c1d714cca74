/*
title       = "Care that fits another body, again and again"
title_zh    = "多次就医购药与本人性别、年龄不符（疑似冒名使用医保凭证）"
violation   = "care_unlike_holder"
family      = "identity"
fetch       = ["identity", "medication"]
problem     = ["hospital-2", "pharmacy-1"]
judges      = ["sex"]
subjects    = ["person"]
certainty   = "suspected"
stage       = "supervision"
window      = "line or visit, within the whole delivered window"
law         = ["regulation-17", "regulation-41-1-1", "regulation-20", "regulation-41-2", "rules-26"]
basis       = ["智能监管规则库（2025年版）54、65、67、80、81 的知识点：同一参保人多次不符"]
needs       = ["record.settlement.sex", "record.settlement.birth_on"]
exclusions  = [
    "fewer than {min_days:day}, or one institution on fewer than {one_place_days:day}: a slip",
    "items and diagnoses that {many_persons:person} have against their sex or age at the same institution: its coding",
    "a sex that no identity number confirms, where nothing else of the person fits it either: cannot judge",
    "the sources of the sex or the date of birth differ",
    "a diagnosis of the person that leaves the sex open, items given to either sex for some diseases",
    "births and newborns, a living donor's care on the bill of who gets the organ or the marrow",
    "a drugstore purchase paid without the funds or from a relative's account: accounts are shared within the family",
]
exclusions_zh = [
    "不足 {min_days} 天，或仅在一家机构且不足 {one_place_days} 天：视为录入差错",
    "同一机构有 {many_persons} 名以上参保人出现同一项目或诊断与性别、年龄不符：属该机构编码问题",
    "登记性别无证件号码印证，且本人其他就医记录也无一与之相符：无法判定",
    "参保登记、结算、就诊与证件号码的性别或出生日期不一致",
    "参保人有性别不明的诊断，或项目在某些疾病中可用于两性",
    "分娩及新生儿，活体供者费用并入受者结算",
    "未使用基金或由家庭共济账户支付的药店购药：个人账户可供家庭成员使用",
]
limits      = "Parents are given children's medicine on their own card, and clerks mistype codes: the prescription, the face record and the camera tell who came. Which diagnoses belong to one sex is starter knowledge."
limits_zh   = "家长可能用本人凭证为子女取药，也可能是编码录错：以处方、刷脸记录和监控核实就医者。仅见于一种性别的诊断依据初始知识表。"
version     = "2"
sentence    = "On {occurred_on} {what} for a person who is {person_sex} and {age_years} years old ({amount} yuan); such care on {days} days at {places} institutions"
sentence_zh = "{occurred_on} 为 {age_years} 岁{person_sex_zh}性参保人结算{what_zh}，涉及 {amount} 元；此类就医购药共 {days} 天、{places} 家机构"

[params.min_days]
value   = 2
unit    = "days"
meaning = "least days with care that fits another body"

[params.one_place_days]
value   = 3
unit    = "days"
meaning = "least such days where they are all at one institution"

[params.many_persons]
value   = 3
unit    = "persons"
meaning = "with the same item or diagnosis against their sex or age at an institution, from which it is its coding"
*/
with sex_item as (
    select l.settlement_id, l.line_id, l.charged_on, l.item_code, coalesce(l.item_name, '') as item_name, k.sex,
        l.eligible_amount
    from feature.fee_line as l
    join knowledge.item_sex as k
        on k.item_code = l.item_code
        and l.charged_on >= coalesce(k.valid_from, l.charged_on) and l.charged_on <= coalesce(k.valid_to, l.charged_on)
    where l.eligible_amount > 0
),

-- Items that a disease makes fitting for either sex say nothing here.
either_sex as (
    select distinct i.item_code, i.item_name
    from (select distinct item_code, item_name from sex_item) as i
    join knowledge.sex_exception as k
        on i.item_code like coalesce(k.item_prefix, '') || '%' and i.item_name like '%' || k.name_word || '%'
    where k.name_word is not null
),

-- Everything of a settlement that is for one sex or for children, fitting or not.
restricted_care as (
    select r.settlement_id, r.line_id, r.charged_on as occurred_on, 'sex' as ground, r.item_code as code, r.item_name as name,
        r.sex as of_sex, r.eligible_amount as amount
    from sex_item as r
    left join either_sex as x on x.item_code = r.item_code and x.item_name = r.item_name
    where x.item_code is null
    union all
    select l.settlement_id, l.line_id, l.charged_on, 'age', l.item_code, coalesce(l.item_name, ''), null, l.eligible_amount
    from feature.fee_line as l
    join knowledge.item_age as k
        on k.item_code = l.item_code
        and l.charged_on >= coalesce(k.valid_from, l.charged_on) and l.charged_on <= coalesce(k.valid_to, l.charged_on)
    where k.official in (65, 80) and k.age_to_years <= 15 and l.eligible_amount > 0
    union all
    select s.settlement_id, cast(null as varchar), coalesce(d.started_on, s.settled_on), 'sex', d.diagnosis_code,
        coalesce(d.diagnosis_name, ''), k.sex, cast(0 as decimal(16, 2))
    from feature.visit_diagnosis as d
    join feature.one_sex_diagnosis as k on k.diagnosis_code = d.diagnosis_code
    join feature.settlement as s on s.encounter_id = d.encounter_id
),

weighed as (
    select t.*, s.encounter_id, s.person_id, s.institution_id, s.sex, s.age_years,
        coalesce(p.id_sex = s.sex, false) as is_confirmed,
        case when t.ground = 'sex' then t.of_sex <> s.sex else s.age_years >= 18 end as is_unlike
    from restricted_care as t
    join feature.settlement as s on s.settlement_id = t.settlement_id
    left join feature.person as p on p.person_id = s.person_id
    left join feature.birth as b on b.encounter_id = s.encounter_id
    left join feature.donor_on_bill as o on o.encounter_id = s.encounter_id
    left join feature.undetermined_sex as u on u.person_id = s.person_id
    where s.person_id is not null and s.sex is not null and s.age_years >= 1 and s.is_family_purchase = false
        and not coalesce(s.is_sex_contradicted, false) and not coalesce(s.is_birth_contradicted, false)
        and coalesce(substr(s.medical_category, 1, 2), '') <> '52'
        and not coalesce(b.is_delivered, false) and o.encounter_id is null and u.person_id is null
),

coding as (
    select institution_id, code
    from weighed
    where is_unlike
    group by institution_id, code
    having count(distinct person_id) >= $many_persons
),

unlike as (
    select w.*
    from weighed as w
    left join coding as c on c.institution_id = w.institution_id and c.code = w.code
    where w.is_unlike and c.code is null
),

person as (
    select person_id, count(distinct occurred_on) as days, count(distinct institution_id) as places,
        max(case when ground = 'sex' then 1 else 0 end) = 1 as is_of_sex,
        min(case when ground = 'sex' then 1 else 0 end) = 0 as is_of_age
    from unlike
    group by person_id
),

-- Care that only the person's own sex needs: with the other kind beside it, two bodies used the card.
own_body as (
    select distinct person_id from weighed where ground = 'sex' and not is_unlike
),

-- A row a line; of a visit without one its diagnosis.
shown as (
    select *, row_number() over (
            partition by settlement_id, case when line_id is null then 1 else 0 end order by line_id, occurred_on, name
        ) as place,
        count(line_id) over (partition by settlement_id) as lines
    from unlike
)

select
    case
        when p.days < $min_days or (p.places < 2 and p.days < $one_place_days) then 'clear'
        when p.is_of_sex and not v.is_confirmed and o.person_id is null then 'cannot_judge'
        else 'hit'
    end as outcome,
    'no identity number confirms the sex, and nothing else of the person fits it' as reason,
    v.settlement_id,
    v.line_id,
    v.encounter_id,
    v.person_id,
    v.institution_id,
    cast(null as varchar) as practitioner_id,
    v.occurred_on,
    v.amount,
    case
        when p.is_of_sex and o.person_id is not null then null
        when p.is_of_sex and p.is_of_age then null
        when p.is_of_sex then 'a person whose sex was changed or is wrong in the register, or slips of coding'
        else 'a parent who was given children''s medicine on the own card'
    end as innocent,
    case
        when p.is_of_sex and o.person_id is not null then null
        when p.is_of_sex and p.is_of_age then null
        when p.is_of_sex then '登记性别有误或已依法变更，或编码录错'
        else '家长用本人凭证为子女取药'
    end as innocent_zh,
    v.name as what,
    '“' || v.name || '”' as what_zh,
    v.age_years,
    case v.sex when '1' then 'male' else 'female' end as person_sex,
    case v.sex when '1' then '男' else '女' end as person_sex_zh,
    p.days,
    p.places
from shown as v
join person as p on p.person_id = v.person_id
left join own_body as o on o.person_id = v.person_id
where v.line_id is not null or (v.lines = 0 and v.place = 1)
