/*
title       = "Fund money for a person not enrolled that day"
title_zh    = "停保、未参保期间享受基金支付"
violation   = "not_enrolled"
family      = "eligibility"
fetch       = ["enrolment"]
subjects    = ["institution", "pharmacy", "person"]
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
    "a newborn enrolled within {newborn_days:day} of birth: covered from birth; not enrolled yet: cannot judge",
    "a gap of no more than {arrears_days:day}, enrolled again after it: paid up later, covered backwards; while it may still be paid up: cannot judge",
    "enrolled within {arrears_days:day} after the care: collective enrolments hold backwards, cannot judge",
    "enrolled before in this system, though the earlier enrolment is not delivered: the register keeps the last version, cannot judge",
    "insured elsewhere that day than where the delivered enrolments are: moved, cannot judge",
    "a stay begun while enrolled",
    "a person in no enrolment record where less than {register_share:%} of the division's persons are: cannot judge",
    "the person is unknown: cannot judge",
]
exclusions_zh = [
    "当日在另一险种参保：已转换险种，由后者支付",
    "参保终止后 {grace_days} 天以内",
    "无基金支付：个人账户余额可用完",
    "出生后 {newborn_days} 天以内参保的新生儿：自出生享受待遇；尚未参保的：无法判定",
    "中断不超过 {arrears_days} 天后续保：补缴后待遇可追溯；仍在补缴期限内的：无法判定",
    "就医后 {arrears_days} 天以内参保：集中参保可追溯，无法判定",
    "此前已在本系统参保而未提供早期参保记录：登记仅保留最新一版，无法判定",
    "结算时的参保地与所提供参保记录不同：跨统筹区转移，无法判定",
    "参保期间已开始的住院",
    "无任何参保记录，而该统筹区有记录者占比低于 {register_share:%}：无法判定",
    "参保人未知：无法判定",
]
limits      = "Arrears paid later restore the benefit from their day: see whether the enrolment was taken up again, and how the area counts gaps. Newborns and students are enrolled backwards. The platform should have stopped the settlement; a person is named only where the bill was handed in by hand."
limits_zh   = "欠费补缴后待遇自规定日恢复，应查是否已续保及当地中断缴费的口径。新生儿、学生参保可追溯。联网结算本应由平台拦截，仅手工报销时指向参保人。"
version     = "2"
sentence    = "{fund_paid} yuan of fund money on {occurred_on}: {ground}"
sentence_zh = "{occurred_on} 基金支付 {fund_paid} 元：{ground_zh}"

[params.grace_days]
value   = 1
unit    = "days"
meaning = "after the last day of enrolment that are let pass"

[params.register_share]
value   = 0.95
meaning = "share of a division's persons with an enrolment record from which a person without one is nobody's"

[params.newborn_days]
value   = 90
unit    = "days"
meaning = "after birth in which enrolment covers from birth"

[params.arrears_days]
value   = 92
unit    = "days"
meaning = "of a gap that may be paid up later and is then covered; three months"
*/
with paid as (
    select s.settlement_id, s.encounter_id, s.person_id, s.institution_id, s.insured_division, s.started_on, s.birth_on,
        s.fund_amount, coalesce(r.settlement_type, '2') = '1' or coalesce(r.manual_reimbursement_reason, '') <> ''
            as is_manual
    from feature.settlement as s
    left join record.settlement as r on r.settlement_id = s.settlement_id
),

-- How far the record goes: until then arrears would have been paid.
span as (
    select max(settled_on) as last_on from feature.settlement
),

-- A day before 1950 fills an empty field.
spell as (
    select person_id, coalesce(enrolled_from, first_enrolled_on) as enrolled_from, first_enrolled_on,
        substr(division, 1, 4) as prefecture,
        case when enrolled_to >= date '1950-01-01' then enrolled_to end as enrolled_to
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

met as (
    select p.settlement_id,
        max(case
            when coalesce(s.enrolled_from, p.started_on) <= p.started_on
                and (s.enrolled_to is null or date_diff('day', s.enrolled_to, p.started_on) <= $grace_days) then 1
            else 0
        end) as is_covered,
        max(case when s.enrolled_to < p.started_on then s.enrolled_to end) as last_enrolled_on,
        min(case when s.enrolled_from > p.started_on then s.enrolled_from end) as next_enrolled_on,
        min(s.first_enrolled_on) as first_enrolled_on,
        max(case when s.prefecture is null or p.insured_division is null
            or s.prefecture = substr(p.insured_division, 1, 4) then 1 else 0 end) as is_of_area
    from paid as p
    join spell as s on s.person_id = p.person_id
    group by p.settlement_id
),

compared as (
    select p.*, m.settlement_id is not null as is_registered, m.is_covered, m.is_of_area, m.last_enrolled_on,
        m.next_enrolled_on, m.first_enrolled_on, d.registered_share,
        date_diff('day', p.birth_on, p.started_on) between 0 and $newborn_days as is_newborn,
        date_diff('day', p.birth_on, m.next_enrolled_on) between 0 and $newborn_days
            and p.started_on >= p.birth_on as is_covered_from_birth,
        date_diff('day', m.last_enrolled_on, m.next_enrolled_on) <= $arrears_days as is_paid_up,
        m.next_enrolled_on is null and date_diff('day', m.last_enrolled_on, l.last_on) <= $arrears_days
            as is_still_open,
        date_diff('day', p.started_on, m.next_enrolled_on) <= $arrears_days as is_enrolled_soon
    from paid as p
    cross join span as l
    left join met as m on m.settlement_id = p.settlement_id
    left join division as d on d.insured_division = p.insured_division
),

judged as (
    select *,
        case
            when fund_amount <= 0 then null
            when person_id is null then 'the person is unknown'
            when started_on is null then 'the first day of care is unknown'
            when not is_registered and coalesce(registered_share < $register_share, true)
                then 'the enrolment register does not cover the division'
            when not is_registered and is_newborn then 'a newborn may still be enrolled'
            when not is_registered or is_covered = 1 then null
            when is_covered_from_birth or coalesce(is_paid_up, false) then null
            when is_of_area = 0 then 'the enrolment of the other area was not delivered'
            when is_still_open then 'arrears may still be paid'
            when is_enrolled_soon then 'enrolled soon after, which may hold backwards'
            when last_enrolled_on is null and coalesce(first_enrolled_on <= started_on, true)
                then 'earlier enrolments were not delivered'
        end as reason
    from compared
)

select
    case
        when reason is not null then 'cannot_judge'
        when fund_amount <= 0 then 'clear'
        when not is_registered then 'hit'
        when is_covered = 1 or coalesce(is_covered_from_birth, false) or coalesce(is_paid_up, false) then 'clear'
        else 'hit'
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
    case when is_manual then 'person' else 'institution' end as implicates,
    fund_amount as fund_paid,
    case
        when not is_registered then 'the person is in no enrolment record'
        when last_enrolled_on is not null then 'enrolment ended on ' || cast(last_enrolled_on as varchar)
        else 'enrolled only from ' || cast(next_enrolled_on as varchar)
    end as ground,
    case
        when not is_registered then '参保登记中无此人'
        when last_enrolled_on is not null then '参保已于 ' || cast(last_enrolled_on as varchar) || ' 暂停'
        else cast(next_enrolled_on as varchar) || ' 起方参保'
    end as ground_zh
from judged
