/*
title       = "Children's item charged for an older person"
title_zh    = "儿童专用药品、医疗服务项目用于成人"
official    = [65, 80]
by_edition  = true
violation   = "age_mismatch"
family      = "identity"
fetch       = ["identity", "medication"]
problem     = ["hospital-7", "pharmacy-9"]
subjects    = ["institution", "pharmacy", "practitioner"]
certainty   = "definite"
stage       = "audit"
window      = "line"
law         = ["regulation-15-2", "regulation-38-1-6", "rules-11", "regulation-17", "regulation-41-1-1"]
basis       = ["智能监管规则库（2025年版）65 药品儿童专用、80 医疗服务项目儿童专用"]
needs       = ["record.settlement.birth_on", "record.fee_line.charged_at"]
exclusions  = [
    "care of the newborn settled with the mother's maternity stay",
    "a living donor's care on the bill of who gets the organ or the marrow",
    "care begun within the ages: a stay, and the stays that followed it without a day between (transfer, return to the hospital near home)",
    "a child born too soon (P07): up to 16 weeks of the age are not counted",
    "a drugstore purchase paid without the funds or from a relative's account: accounts are shared within the family",
    "register, bills, encounters and identity numbers name more than one date of birth: cannot judge",
    "the institution is unknown, and with it whether it is a drugstore: cannot judge",
    "no edition of the catalogue at hand covers the day of the charge: cannot judge",
]
exclusions_zh = [
    "新生儿费用并入母亲生育住院结算",
    "活体器官、造血干细胞供者的费用并入受者结算",
    "年龄符合时已开始的住院，以及其后无间隔的连续住院（转院、回转当地医院）",
    "早产儿（P07）：年龄最多可少计 16 周",
    "未使用基金或由家庭共济账户支付的药店购药：个人账户可供家庭成员使用",
    "参保登记、结算、就诊与证件号码的出生日期不一致：无法判定",
    "机构未知，无从知道是否为药店：无法判定",
    "收费日期不在现有目录版本有效期内：无法判定",
]
limits      = "Silent on items without a published age. A newborn's item for one of a parent's age is only suspected: a child not yet enrolled is settled under a parent's number. A card lent to a child, grandchild or sibling looks like a drug given to the wrong person: the prescription tells. The age is full years on the day of charge, of newborn items days."
limits_zh   = "未公布年龄限制的项目不作判断。参保人处于父母年龄段的新生儿项目仅列可疑：新生儿未参保时以父母身份结算。将医保凭证借给子女、孙辈或兄弟姐妹，与药品开错对象表现相同，以处方为准。年龄按计费当日周岁计算，新生儿项目按天计算。"
version     = "5"
sentence    = "{item_name}, for persons {age_limit}, was charged on {occurred_on} for a person aged {age_years} ({amount} yuan)"
sentence_zh = "{occurred_on} 为 {age_years} 岁参保人结算限 {age_limit_zh}使用的“{item_name}”，涉及 {amount} 元"
*/
with restricted as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.item_name, l.eligible_amount, s.birth_on, s.is_birth_contradicted, k.age_to_years, k.age_to_days,
        k.point_id, least(l.charged_on, coalesce(g.care_began_on, l.charged_on)) as counted_on,
        coalesce(g.preterm_days, 0) as preterm_days, b.encounter_id is not null as is_maternity,
        o.encounter_id is not null as has_donor,
        s.is_family_purchase
    from feature.fee_line as l
    join knowledge.item_age as k
        on k.item_code = l.item_code
        and l.charged_on >= coalesce(k.valid_from, l.charged_on) and l.charged_on <= coalesce(k.valid_to, l.charged_on)
    join feature.settlement as s on s.settlement_id = l.settlement_id
    left join feature.encounter_age as g on g.encounter_id = l.encounter_id
    left join feature.birth as b on b.encounter_id = l.encounter_id
    left join feature.donor_on_bill as o on o.encounter_id = l.encounter_id
    where k.official in (65, 80) and l.eligible_amount > 0
        and (k.age_to_years is not null or k.age_to_days is not null)
),

aged as (
    select *, date_diff('day', birth_on, charged_on) as age_days,
        year(charged_on) - year(birth_on) - case
            when substr(cast(charged_on as varchar), 6, 5) < substr(cast(birth_on as varchar), 6, 5) then 1 else 0
        end as age_years,
        date_diff('day', birth_on, counted_on) - preterm_days as days_begun,
        year(counted_on) - year(birth_on) - case
            when substr(cast(counted_on as varchar), 6, 5) < substr(cast(birth_on as varchar), 6, 5) then 1 else 0
        end as years_begun
    from restricted
),

told as (
    select *,
        case
            when birth_on is null then 'the date of birth is unknown'
            when is_birth_contradicted then 'the dates of birth that are known of the person differ'
            when age_days < 0 or age_years > 120 then 'the date of birth is impossible'
        end as reason,
        -- A child not yet enrolled is settled under a parent's number, and the flag of newborns is seldom filled: nothing
        -- else tells such a bill from one of an item that was never given.
        age_to_days is not null and age_years between 16 and 60 as is_of_parents_age,
        coalesce(years_begun >= age_to_years, false) or coalesce(days_begun > age_to_days, false) as is_too_old
    from aged
)

select
    case
        when is_maternity or has_donor or is_family_purchase then 'clear'
        when reason is not null then 'cannot_judge'
        when is_too_old and is_family_purchase is null then 'cannot_judge'
        when is_too_old then 'hit'
        else 'clear'
    end as outcome,
    case
        when reason is not null then reason
        when is_family_purchase is null then 'the institution is unknown, and with it whether it is a drugstore'
    end as reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    eligible_amount as amount,
    -- The point says "newborn" or "child"; the days and the 15 years of that are ours to count, so a child of a few weeks
    -- more and an adolescent, who is no adult either, are only suspected.
    case when is_of_parents_age or (age_to_days is not null and age_days <= 365) or (age_to_years = 15 and age_years < 18) then 'suspected'
        end as certainty,
    case when age_to_years = 15 and age_years < 18
        then 'an adolescent who takes the children''s form: the catalogue says for children, not until which age'
        when is_of_parents_age then 'a newborn not yet enrolled, treated under a parent''s number'
        end as innocent,
    case when age_to_years = 15 and age_years < 18 then '青少年使用儿童剂型（目录仅注明儿童，未注明年龄上限）'
        when is_of_parents_age then '新生儿尚未参保，以父母身份就医结算' end
        as innocent_zh,
    item_name,
    age_years,
    case
        when age_to_days is not null then 'up to ' || cast(age_to_days as varchar) || ' days old'
        else 'under ' || cast(age_to_years as varchar)
    end as age_limit,
    case
        when age_to_days is not null then cast(age_to_days as varchar) || ' 天以内新生儿'
        else cast(age_to_years as varchar) || ' 岁以下儿童'
    end as age_limit_zh,
    point_id
from told
