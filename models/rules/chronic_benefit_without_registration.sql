/*
title       = "Settled with a chronic-disease benefit that the person is not registered for"
title_zh    = "无门慢特资格享受门慢特待遇"
violation   = "chronic_benefit_unregistered"
family      = "eligibility"
fetch       = ["certification"]
problem     = ["pharmacy-16"]
subjects    = ["institution", "pharmacy"]
certainty   = "suspected"
stage       = "audit"
scope       = ["chronic", "drugstore"]
window      = "settlement"
law         = ["regulation-15-2", "regulation-38-1-6", "rules-11"]
basis       = ["筛查模型 C05 门慢特资格外用药；定点零售药店自查自纠问题清单 16"]
needs       = ["record.chronic_registration.disease_code", "record.settlement.disease_code"]
exclusions  = [
    "registered for another form of the disease (the same first {family_length} characters of its code, or its name)",
    "certified by the hospital before, entered later",
    "within {grace_days:day} after the registration ended: renewals are entered late, cannot judge",
    "insured in an area of whose persons nobody is registered: its register was not delivered, cannot judge",
    "the registration began within {grace_days:day} after the care: entered late",
    "care on the last day of the registration",
    "no fund paid",
    "nobody at all is registered for the disease: its register was not delivered, cannot judge",
]
exclusions_zh = [
    "登记的是同一疾病的其他类型（编码前 {family_length} 位或名称相同）",
    "医院此前已鉴定而登记补录",
    "登记到期后 {grace_days} 天以内：续期补录，无法判定",
    "参保地无任何人有登记：未提供该地登记数据，无法判定",
    "就医后 {grace_days} 天以内登记生效：登记补录",
    "登记有效期最后一天的就医",
    "基金未支付",
    "该病种无任何人登记：未提供登记数据，无法判定",
]
limits      = "Hypertension and diabetes cared for outside the chronic benefit have a register of their own in some areas; ask for it before going. Who applied the benefit was the institution; persons are not implicated. Many on one day at one place: look for cards collected."
limits_zh   = "部分地区高血压、糖尿病“两病”门诊用药保障另有登记，核查前应先调取。待遇由机构选定，本条不指向参保人。同一机构同日集中出现多人的，应关注是否存在收集医保凭证的情形。"
status      = "live"
version     = "3"
sentence    = "The chronic benefit for {disease_name} was settled on {occurred_on} ({amount} yuan); the person has {situation}"
sentence_zh = "{occurred_on} 按“{disease_name}”门慢特待遇结算，涉及 {amount} 元；该参保人{situation_zh}"

[params.grace_days]
value   = 90
unit    = "days"
meaning = "from the care to a registration that was entered late"

[params.family_length]
value   = 4
unit    = "characters"
meaning = "of the disease code that name the disease"
*/
with registration as (
    select person_id, substr(disease_code, 1, $family_length) as disease, disease_name,
        least(coalesce(valid_from, certified_on), coalesce(certified_on, valid_from)) as valid_from,
        case when valid_to >= date '1950-01-01' then valid_to end as valid_to
    from record.chronic_registration
    where coalesce(is_valid, true)
),

known as (
    select distinct disease from registration
),

-- Registered under a list of the area's own, whose codes are none of the claim's.
other_list as (
    select person_id, max(case when regexp_matches(disease, '^[A-Z]') then 1 else 0 end) as has_national
    from registration
    group by person_id
),

claimed as (
    select s.settlement_id, s.encounter_id, s.person_id, s.institution_id, s.started_on, s.eligible_amount,
        s.fund_amount, r.disease_code, r.disease_name, substr(r.disease_code, 1, $family_length) as disease,
        substr(s.insured_division, 1, 4) as prefecture
    from feature.settlement as s
    join record.settlement as r on r.settlement_id = s.settlement_id
    where r.disease_code is not null and s.care_setting in ('chronic', 'drugstore')
),

-- Where the registered are insured: the register is of these areas.
area as (
    select distinct c.prefecture
    from claimed as c
    join registration as g on g.person_id = c.person_id
    where c.prefecture is not null
),

held as (
    select c.settlement_id,
        max(case when coalesce(g.valid_from, c.started_on) <= c.started_on
            and coalesce(g.valid_to, c.started_on) >= c.started_on then 1 else 0 end) as is_valid_then,
        min(case when g.valid_from > c.started_on then date_diff('day', c.started_on, g.valid_from) end) as days_until,
        max(case when g.valid_to < c.started_on then g.valid_to end) as ended_on
    from claimed as c
    join registration as g
        on g.person_id = c.person_id and (
            g.disease = c.disease or g.disease_name = c.disease_name
            -- One list calls it 高血压, another 高血压病(二级以上).
            or (length(c.disease_name) >= 2 and g.disease_name like '%' || c.disease_name || '%')
            or (length(g.disease_name) >= 2 and c.disease_name like '%' || g.disease_name || '%')
        )
    group by c.settlement_id
),

judged as (
    select c.*, h.settlement_id is not null as is_registered, coalesce(h.is_valid_then, 0) as is_valid_then,
        h.days_until, h.ended_on,
        case
            when c.person_id is null or c.started_on is null then 'the person or the day is unknown'
            when k.disease is null then 'nobody is registered for the disease'
            when c.fund_amount <= 0 or h.is_valid_then = 1 or h.days_until <= $grace_days then null
            when c.prefecture is not null and a.prefecture is null
                then 'the registrations of the area where the person is insured were not delivered'
            when h.settlement_id is null and regexp_matches(c.disease, '^[A-Z]') and o.has_national = 0
                then 'the person is registered under another list of diseases'
            when date_diff('day', h.ended_on, c.started_on) <= $grace_days
                then 'the registration may have been renewed late'
        end as reason
    from claimed as c
    left join known as k on k.disease = c.disease
    left join area as a on a.prefecture = c.prefecture
    left join other_list as o on o.person_id = c.person_id
    left join held as h on h.settlement_id = c.settlement_id
)

select
    case
        when reason is not null then 'cannot_judge'
        when is_valid_then = 0 and fund_amount > 0 and coalesce(days_until, $grace_days + 1) > $grace_days then 'hit'
        else 'clear'
    end as outcome,
    reason,
    settlement_id,
    cast(null as varchar) as line_id,
    encounter_id,
    person_id,
    institution_id,
    cast(null as varchar) as practitioner_id,
    started_on as occurred_on,
    fund_amount as amount,
    fund_amount as fund_at_issue,
    disease_code,
    disease_name,
    case
        when not is_registered then 'no registration for it'
        when days_until is not null then 'a registration that began only later'
        else 'a registration that had ended'
    end as situation,
    case
        when not is_registered then '无该病种登记'
        when days_until is not null then '登记在此之后才生效'
        else '登记此前已终止'
    end as situation_zh,
    days_until,
    ended_on
from judged
