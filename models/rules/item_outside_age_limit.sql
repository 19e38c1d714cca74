/*
title       = "Item charged outside the ages for which it is paid"
title_zh    = "项目限儿童、限年龄使用，与参保人年龄不符"
official    = [7, 19, 33, 29]
violation   = "age_mismatch"
family      = "medication"
problem     = ["hospital-7", "pharmacy-9"]
subjects    = ["institution", "pharmacy", "practitioner"]
certainty   = "definite"
stage       = "audit"
window      = "line"
basis       = [
    "《医疗保障基金使用监督管理条例》第三十八条第（六）项：超出支付范围的费用纳入基金结算",
    "智能监管规则库（2025年版）7 药品限儿童使用、19 医疗服务项目限儿童使用、33 耗材限儿童使用、29 医疗服务项目限年龄",
]
needs       = ["record.settlement.birth_on", "record.fee_line.charged_at"]
exclusions  = [
    "care of the newborn settled with the mother's maternity stay",
    "a drugstore purchase paid without the funds: the personal account may be used for one's children",
    "a stay that began within the ages",
    "the identity number contradicts the delivered date of birth: cannot judge",
    "the date of birth is unknown or impossible: cannot judge",
    "the institution is unknown, and with it whether it is a drugstore: cannot judge",
    "no edition of the catalogue at hand covers the day of the charge: cannot judge",
]
exclusions_zh = [
    "新生儿费用并入母亲生育住院结算",
    "未使用基金的药店购药：个人账户可用于子女",
    "年龄符合时已开始的住院",
    "证件号码与所报出生日期矛盾：无法判定",
    "出生日期未知或不合理：无法判定",
    "机构未知，无从知道是否为药店：无法判定",
    "收费日期不在现有目录版本有效期内：无法判定",
]
limits      = "Silent on items without a published age. The age is full years on the day of charge. A drug taken for a child on the parent's card and paid by the funds looks the same."
limits_zh   = "未公布年龄限制的项目不作判断。年龄按计费当日周岁计算。用家长医保凭证为儿童取药且由基金支付的也会呈现相同情形。"
version     = "2"
sentence    = "{item_name}, paid {age_limit}, was charged on {occurred_on} for a person aged {age_years} ({amount} yuan)"
sentence_zh = "{occurred_on} 为 {age_years} 岁参保人结算限 {age_limit_zh}使用的“{item_name}”，涉及 {amount} 元"
*/
with limited as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.item_name, l.eligible_amount, s.birth_on, p.id_birth_on, k.age_from_years, k.age_to_years,
        k.age_to_days, k.point_id, case when e.is_inpatient then e.started_on end as admitted_on,
        coalesce(substr(s.medical_category, 1, 1) = '5' or substr(e.principal_diagnosis_code, 1, 1) = 'O'
            or substr(e.principal_diagnosis_code, 1, 3) in ('Z37', 'Z38', 'Z39'), false) as is_maternity,
        coalesce(l.is_pharmacy, false) and coalesce(s.fund_amount, 0) = 0
            as is_account_only,
        l.is_pharmacy is null and coalesce(s.fund_amount, 0) = 0
            as is_perhaps_account_only
    from feature.fee_line as l
    join knowledge.item_age as k
        on k.item_code = l.item_code
        and l.charged_on >= coalesce(k.valid_from, l.charged_on) and l.charged_on <= coalesce(k.valid_to, l.charged_on)
    join feature.settlement as s on s.settlement_id = l.settlement_id
    left join feature.person as p on p.person_id = l.person_id
    left join feature.encounter as e on e.encounter_id = l.encounter_id
    where k.official in (7, 19, 33, 29) and l.eligible_amount > 0
),

aged as (
    select *, date_diff('day', birth_on, charged_on) as age_days,
        year(charged_on) - year(birth_on) - case
            when substr(cast(charged_on as varchar), 6, 5) < substr(cast(birth_on as varchar), 6, 5) then 1 else 0
        end as age_years,
        year(admitted_on) - year(birth_on) - case
            when substr(cast(admitted_on as varchar), 6, 5) < substr(cast(birth_on as varchar), 6, 5) then 1 else 0
        end as age_admitted,
        date_diff('day', birth_on, admitted_on) as days_admitted
    from limited
),

told as (
    select *,
        case
            when birth_on is null then 'the date of birth is unknown'
            when birth_on <> id_birth_on then 'the identity number contradicts the date of birth'
            when age_days < 0 or age_years > 120 then 'the date of birth is impossible'
        end as reason,
        coalesce(age_years < age_from_years, false) or (
            coalesce(coalesce(age_admitted, age_years) >= age_to_years, false)
            or coalesce(coalesce(days_admitted, age_days) > age_to_days, false)
        ) as is_outside
    from aged
)

select
    case
        when is_account_only or (is_maternity and coalesce(age_from_years, 0) = 0) then 'clear'
        when reason is not null then 'cannot_judge'
        when is_outside and is_perhaps_account_only then 'cannot_judge'
        when is_outside then 'hit'
        else 'clear'
    end as outcome,
    case
        when reason is not null then reason
        when is_perhaps_account_only then 'the institution is unknown, and with it whether it is a drugstore'
    end as reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    eligible_amount as amount,
    item_name,
    age_years,
    case
        when age_to_days is not null then 'up to ' || cast(age_to_days as varchar) || ' days of age'
        when age_from_years is null then 'below ' || cast(age_to_years as varchar) || ' years'
        when age_to_years is null then 'from ' || cast(age_from_years as varchar) || ' years'
        else 'from ' || cast(age_from_years as varchar) || ' to under ' || cast(age_to_years as varchar) || ' years'
    end as age_limit,
    case
        when age_to_days is not null then ' ' || cast(age_to_days as varchar) || ' 天以内'
        when age_from_years is null then ' ' || cast(age_to_years as varchar) || ' 岁以下'
        when age_to_years is null then ' ' || cast(age_from_years as varchar) || ' 岁及以上'
        else ' ' || cast(age_from_years as varchar) || ' 至 ' || cast(age_to_years as varchar) || ' 岁以下'
    end as age_limit_zh,
    point_id
from told
union all
select 'cannot_judge', 'no edition of the catalogue at hand covers the day of the charge', settlement_id, line_id,
    encounter_id, person_id, institution_id, practitioner_id, charged_on, null, item_name, null, null, null, null
from feature.edition_gap
where official in (7, 29)
