/*
title       = "Fund money for a person not enrolled that day"
title_zh    = "停保、未参保期间享受基金支付"
violation   = "not_enrolled"
family      = "eligibility"
fetch       = ["enrolment"]
subjects    = ["person"]
certainty   = "suspected"
stage       = "audit"
window      = "settlement"
law         = ["regulation-17", "regulation-41-1"]
basis       = [
    "《社会保险法》第二十三条、第二十五条",
    "筛查模型 A07 待遇暂停、断保、终止期间结算",
]
needs       = ["record.enrolment.enrolled_from", "record.settlement.started_on"]
exclusions  = [
    "enrolled that day under another insurance type: changed over, paid under the other",
    "the first {grace_days:day} after the enrolment ended",
    "no fund money: the personal account may be used up",
    "a stay begun while enrolled",
    "a person in no enrolment record where less than {register_share:%} of the division's persons are: cannot judge",
    "the person is unknown: cannot judge",
]
exclusions_zh = [
    "当日在另一险种参保：已转换险种，由后者支付",
    "参保终止后 {grace_days} 天以内",
    "无基金支付：个人账户余额可用完",
    "参保期间已开始的住院",
    "无任何参保记录，而该统筹区有记录者占比低于 {register_share:%}：无法判定",
    "参保人未知：无法判定",
]
limits      = "Arrears paid later restore the benefit from their day: see whether the enrolment was taken up again. Newborns and students are enrolled backwards."
limits_zh   = "欠费补缴后待遇自规定日恢复，应查是否已续保。新生儿、学生参保可追溯。"
version     = "1"
sentence    = "{fund_paid} yuan of fund money on {occurred_on}: {ground}"
sentence_zh = "{occurred_on} 基金支付 {fund_paid} 元：{ground_zh}"

[params.grace_days]
value   = 1
unit    = "days"
meaning = "after the last day of enrolment that are let pass"

[params.register_share]
value   = 0.95
meaning = "share of a division's persons with an enrolment record from which a person without one is nobody's"
*/
with paid as (
    select settlement_id, encounter_id, person_id, institution_id, insured_division, started_on, eligible_amount,
        fund_amount
    from feature.settlement
),

spell as (
    select person_id, coalesce(enrolled_from, first_enrolled_on) as enrolled_from, enrolled_to
    from record.enrolment
),

person as (
    select p.person_id, p.insured_division, case when max(s.person_id) is null then 0 else 1 end as is_registered
    from (select distinct person_id, insured_division from paid where person_id is not null) as p
    left join spell as s on s.person_id = p.person_id
    group by p.person_id, p.insured_division
),

division as (
    select insured_division, cast(sum(is_registered) as double) / nullif(count(*), 0) as registered_share
    from person
    group by insured_division
),

judged as (
    select p.settlement_id,
        max(case
            when coalesce(s.enrolled_from, p.started_on) <= p.started_on
                and (s.enrolled_to is null or date_diff('day', s.enrolled_to, p.started_on) <= $grace_days) then 1
            else 0
        end) as is_covered,
        max(case when s.enrolled_to < p.started_on then s.enrolled_to end) as last_enrolled_on,
        min(case when s.enrolled_from > p.started_on then s.enrolled_from end) as next_enrolled_on
    from paid as p
    join spell as s on s.person_id = p.person_id
    group by p.settlement_id
)

select
    case
        when p.fund_amount <= 0 then 'clear'
        when p.person_id is null or p.started_on is null then 'cannot_judge'
        when j.settlement_id is null and d.registered_share >= $register_share then 'hit'
        when j.settlement_id is null then 'cannot_judge'
        when j.is_covered = 0 then 'hit'
        else 'clear'
    end as outcome,
    case
        when p.person_id is null then 'the person is unknown'
        when p.started_on is null then 'the first day of care is unknown'
        when j.settlement_id is null then 'the enrolment register does not cover the division'
    end as reason,
    p.settlement_id,
    cast(null as varchar) as line_id,
    p.encounter_id,
    p.person_id,
    p.institution_id,
    cast(null as varchar) as practitioner_id,
    p.started_on as occurred_on,
    p.eligible_amount as amount,
    p.fund_amount as fund_paid,
    case
        when j.settlement_id is null then 'the person is in no enrolment record'
        when j.last_enrolled_on is not null then 'enrolment ended on ' || cast(j.last_enrolled_on as varchar)
        else 'enrolled only from ' || cast(j.next_enrolled_on as varchar)
    end as ground,
    case
        when j.settlement_id is null then '参保登记中无此人'
        when j.last_enrolled_on is not null then '参保已于 ' || cast(j.last_enrolled_on as varchar) || ' 暂停'
        else cast(j.next_enrolled_on as varchar) || ' 起方参保'
    end as ground_zh
from paid as p
left join judged as j on j.settlement_id = p.settlement_id
left join division as d on d.insured_division = p.insured_division
