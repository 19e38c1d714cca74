/*
title       = "Repeated care elsewhere without filing"
title_zh    = "异地就医无备案且频繁"
violation   = "out_of_area_without_filing"
family      = "eligibility"
fetch       = ["filing"]
subjects    = ["person"]
certainty   = "suspected"
stage       = "supervision"
window      = "person, whole record"
basis       = [
    "《基本医疗保险跨省异地就医直接结算经办规程》：异地就医备案",
    "筛查模型 A11 异地就医异常",
]
needs       = ["record.out_of_area_filing", "record.settlement.insured_division"]
exclusions  = [
    "a filing for the prefecture, or its province, that holds on the day",
    "filed afterwards, up to {grace_days:day} after the settlement: filings may be made up",
    "the person lives in that prefecture by the register of persons",
    "inside the province where no filing inside it is known: many provinces ask for none, cannot judge",
    "emergencies, and stays that began as one: they count as filed",
    "referred stays (medical category 23)",
    "malignant and other diseases treated in courses",
    "persons insured elsewhere, whose filings are kept there: cannot judge",
    "the person is unknown: cannot judge",
]
exclusions_zh = [
    "当日有效的、覆盖该地市或该省的备案",
    "结算后 {grace_days} 天以内补办的备案",
    "人员登记的居住地即在该地市",
    "省内就医而数据中无省内备案：多数省份省内免备案，无法判定",
    "急诊及急诊入院：视同已备案",
    "转诊住院（医疗类别 23）",
    "恶性肿瘤及其他分疗程治疗的疾病",
    "异地参保人，其备案不在本地：无法判定",
    "参保人未知：无法判定",
]
limits      = "Without filing the fund pays less, it does not refuse; what is at issue is whether care so far away was given at all, to be asked of the area of treatment. Persons who moved and never filed are the usual reason. Filings kept in a province's own platform are not seen."
limits_zh   = "未备案时基金支付比例降低，并非不予支付；关注点在于异地是否确有就医，应向就医地协查。已迁居而未办备案为常见原因。省级平台自有备案不在数据中。"
status      = "trial"
version     = "3"
sentence    = "Care in {division} from {occurred_on} without a filing that holds there ({amount} yuan); {stays} such stays, {visits} such visits, {all_amount} yuan in all"
sentence_zh = "{occurred_on} 起在 {division} 就医而无有效备案，涉及 {amount} 元；同类住院 {stays} 次、门诊 {visits} 次，合计 {all_amount} 元"

[params.min_stays]
value   = 3
unit    = "stays"
meaning = "without filing from which a person is looked at"

[params.min_visits]
value   = 5
unit    = "settlements"
meaning = "without filing, together with min_amount"

[params.min_amount]
value   = 50000
unit    = "yuan"
meaning = "total of the settlements without filing, together with min_visits"

[params.grace_days]
value   = 30
unit    = "days"
meaning = "after the settlement in which a filing may be made up"
*/
with known as (
    select distinct substr(insured_division, 1, 4) as prefecture
    from record.out_of_area_filing
),

-- Provinces that keep filings from one of their prefectures to another.
inside as (
    select distinct substr(insured_division, 1, 2) as province
    from record.out_of_area_filing
    where substr(insured_division, 1, 2) = substr(destination_division, 1, 2)
        and substr(insured_division, 1, 4) <> substr(destination_division, 1, 4)
),

away as (
    select s.settlement_id, s.encounter_id, s.person_id, s.institution_id, s.started_on, s.settled_on,
        s.eligible_amount, s.total_amount, s.institution_division, s.care_setting = 'inpatient' as is_stay,
        k.prefecture, substr(s.insured_division, 1, 2) = substr(s.institution_division, 1, 2) and n.province is null
            as is_perhaps_free
    from feature.settlement as s
    left join inside as n on n.province = substr(s.insured_division, 1, 2)
    left join known as k on k.prefecture = substr(s.insured_division, 1, 4)
    where substr(s.insured_division, 1, 4) <> substr(s.institution_division, 1, 4)
        and s.care_setting in ('inpatient', 'outpatient', 'chronic')
        and s.medical_category not in ('23', '24', '210104')
),

excused as (
    select a.settlement_id
    from away as a
    join record.out_of_area_filing as f
        on f.person_id = a.person_id and coalesce(f.is_valid, true)
        and coalesce(date_diff('day', coalesce(a.settled_on, a.started_on), f.valid_from) <= $grace_days, true)
        and coalesce(f.valid_to >= a.started_on or f.valid_to < date '1950-01-01', true)
        and (
            substr(f.destination_division, 1, 4) = substr(a.institution_division, 1, 4)
            or (
                substr(f.destination_division, 3, 4) = '0000'
                and substr(f.destination_division, 1, 2) = substr(a.institution_division, 1, 2)
            )
        )
    union
    select a.settlement_id
    from away as a
    join feature.person as p
        on p.person_id = a.person_id
        and substr(p.residence_division, 1, 4) = substr(a.institution_division, 1, 4)
    union
    select a.settlement_id
    from away as a
    join feature.encounter_excuse as x on x.encounter_id = a.encounter_id
    where x.is_exception
),

counted as (
    select a.person_id, sum(case when a.is_stay then 1 else 0 end) as stays,
        sum(case when a.is_stay then 0 else 1 end) as visits, sum(a.total_amount) as all_amount
    from away as a
    left join excused as x on x.settlement_id = a.settlement_id
    where x.settlement_id is null and a.prefecture is not null and not a.is_perhaps_free
    group by a.person_id
)

select
    case
        when a.prefecture is null then 'cannot_judge'
        when x.settlement_id is not null then 'clear'
        when a.person_id is null or a.is_perhaps_free then 'cannot_judge'
        when c.stays >= $min_stays or (c.stays + c.visits >= $min_visits and c.all_amount > $min_amount) then 'hit'
        else 'clear'
    end as outcome,
    case
        when a.prefecture is null then 'filings of the area where the person is insured were not delivered'
        when a.person_id is null then 'the person is unknown'
        else 'no filing inside the province is known; it may ask for none'
    end as reason,
    a.settlement_id,
    cast(null as varchar) as line_id,
    a.encounter_id,
    a.person_id,
    a.institution_id,
    cast(null as varchar) as practitioner_id,
    a.started_on as occurred_on,
    a.eligible_amount as amount,
    a.institution_division as division,
    coalesce(c.stays, 0) as stays,
    coalesce(c.visits, 0) as visits,
    coalesce(c.all_amount, 0) as all_amount
from away as a
left join excused as x on x.settlement_id = a.settlement_id
left join counted as c on c.person_id = a.person_id
