/*
title       = "Care or purchase while in custody"
title_zh    = "羁押、服刑期间就医购药"
violation   = "care_in_custody"
family      = "identity"
fetch       = ["custody_record", "identity"]
subjects    = ["institution", "pharmacy", "person"]
certainty   = "suspected"
stage       = "supervision"
window      = "settlement"
law         = ["regulation-15-1", "regulation-40-1-1", "regulation-17", "regulation-41-1-1"]
basis       = ["筛查模型 A02 服刑、羁押期间就医"]
needs       = ["record.person_status", "record.settlement.started_on"]
exclusions  = [
    "the first and the last day in custody",
    "a stay begun before custody",
    "a check-in with matching face at the place that day: the person was out, the register is late",
    "emergencies and stays: the sick are brought to hospital under guard, cannot judge",
    "all lines charged before or after custody: only the bill was settled in between",
    "manual reimbursement: the day typed in is not the day at the counter",
    "a drugstore purchase paid without the funds or from a relative's account: accounts are shared within the family",
    "no register of custody was delivered: cannot judge",
    "the person is unknown: cannot judge",
    "the institution is unknown: cannot judge",
]
exclusions_zh = [
    "羁押或服刑的首日和末日",
    "羁押前已开始的住院",
    "当日在该机构签到且人脸相符：本人已离所，登记滞后",
    "急诊和住院：在押人员可由看守人员送医，无法判定",
    "全部费用发生在羁押前或释放后：其间仅为结算",
    "手工报销：录入日期并非就诊日期",
    "未使用基金或由家庭共济账户支付的药店购药：个人账户可供家庭成员使用",
    "未提供羁押、服刑登记：无法判定",
    "参保人未知：无法判定",
    "机构未知：无法判定",
]
limits      = "Detention for questioning, community correction and compulsory treatment stand in some lists as custody. Medical parole and sentences served outside are lawful and not in the register: ask the judicial office for the exact days. Who used the card is not known; the person stands for the card."
limits_zh   = "部分名单将拘传、社区矫正、强制医疗一并列为羁押。保外就医、监外执行属合法情形，登记中不体现，应向司法行政部门核实确切日期。用卡人无法确定，此处以参保人代指其医保凭证。"
version     = "3"
sentence    = "{what} on {occurred_on} ({amount} yuan) while the register of {source_department} has the person in custody from {status_from} to {status_to}"
sentence_zh = "{source_department}登记 {status_from} {until_zh} 羁押或服刑，{occurred_on} 仍有{what_zh}，涉及 {amount} 元"
*/
select
    case
        when r.persons = 0 or s.started_on is null or s.person_id is null then 'cannot_judge'
        when m.settlement_id is null or m.is_face_seen or m.is_by_hand or not coalesce(m.is_charged_inside, true)
            or s.is_family_purchase then 'clear'
        when f.person_id is not null or s.care_setting in ('inpatient', 'emergency') or s.is_family_purchase is null
            then 'cannot_judge'
        when m.settlement_id is not null then 'hit'
        else 'clear'
    end as outcome,
    case
        when r.persons = 0 and r.strangers > 0 then 'the register of custody matches nobody of the record'
        when r.persons = 0 then 'no register of custody was delivered'
        when s.person_id is null then 'the person is unknown'
        when s.started_on is null then 'the first day of care is unknown'
        when s.care_setting in ('inpatient', 'emergency') then 'who is in custody may be brought to hospital under guard'
        else 'the institution is unknown'
    end as reason,
    s.settlement_id,
    cast(null as varchar) as line_id,
    s.encounter_id,
    s.person_id,
    s.institution_id,
    cast(null as varchar) as practitioner_id,
    s.started_on as occurred_on,
    s.eligible_amount as amount,
    case when m.status_to is null then 'a person released since: the register names no last day' end as innocent,
    case when m.status_to is null then '早已释放而登记未填截止日期' end as innocent_zh,
    m.status_from,
    coalesce(cast(m.status_to as varchar), 'today') as status_to,
    coalesce('至 ' || cast(m.status_to as varchar), '至今') as until_zh,
    coalesce(m.source_department, '') as source_department,
    m.what,
    m.what_zh
from feature.settlement as s
cross join (
    select (select count(*) from record.person_status where status_type = 'custody') as persons,
        (select coalesce(sum(unmatched), 0) from record.list_match
            where source_table = 'psn_status_d' and kind = 'custody') as strangers
) as r
left join feature.settlement_in_status as m on m.settlement_id = s.settlement_id and m.status_type = 'custody'
left join (
    select distinct person_id, cast(checked_in_at as date) as checked_on
    from record.check_in
    where is_face_match
) as f on f.person_id = s.person_id and f.checked_on = s.started_on and s.institution_id is null
