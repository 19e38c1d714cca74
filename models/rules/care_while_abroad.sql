/*
title       = "Care at home while abroad"
title_zh    = "出境期间在境内就医"
violation   = "care_while_abroad"
family      = "identity"
fetch       = ["border_record", "identity"]
problem     = ["hospital-2"]
subjects    = ["person"]
certainty   = "suspected"
stage       = "supervision"
window      = "settlement"
basis       = [
    "《医疗保障基金使用监督管理条例》第四十一条第（一）项：将本人的医疗保障凭证交由他人冒名使用",
    "筛查模型 A02 同类：出入境登记与就医比对",
]
needs       = ["record.person_status", "record.settlement.started_on"]
exclusions  = [
    "the days of leaving and of return",
    "a check-in with matching face at the place that day: the person was back",
    "drugstore purchases paid without the funds or from a relative's account: accounts are shared within the family",
    "refills of nothing but medicines for a registered disease, high blood pressure or diabetes: relatives fetch them",
    "manual reimbursement: the day typed in is not the day at the counter",
    "no register of departures was delivered: cannot judge",
    "the person is unknown: cannot judge",
    "the institution is unknown: cannot judge",
]
exclusions_zh = [
    "出境日和入境日",
    "当日在该机构签到且人脸相符：本人已回国",
    "未使用基金或由家庭共济账户支付的药店购药：个人账户可供家庭成员使用",
    "门慢特、高血压、糖尿病仅取药的续方：可由家属代取",
    "手工报销：录入日期并非就诊日期",
    "未提供出入境登记：无法判定",
    "参保人未知：无法判定",
    "机构未知：无法判定",
]
limits      = "An online consultation needs no presence and is not marked in the export. A short return that the register missed looks the same: several visits over months speak against it. Who used the card is not known; the person stands for the card."
limits_zh   = "互联网诊疗无需本人到场，导出数据中无标识。登记遗漏的短暂入境也会呈现相同情形，数月内多次就医则可排除这一可能。用卡人无法确定，此处以参保人代指其医保凭证。"
version     = "2"
sentence    = "{what} on {occurred_on} ({amount} yuan) while the register has the person abroad from {status_from} to {status_to}"
sentence_zh = "出入境登记 {status_from} {until_zh} 在境外，{occurred_on} 仍有{what_zh}，涉及 {amount} 元"
*/
-- What the person need not have been there for: typed-in bills, chronic refills of nothing but medicines.
with excused as (
    select m.settlement_id
    from feature.settlement_in_status as m
    join record.settlement as s on s.settlement_id = m.settlement_id
    where m.status_type = 'overseas' and s.settlement_type = '1'
    union
    select b.settlement_id
    from feature.visit_bill as b
    where b.is_fetchable and not coalesce(b.is_pharmacy, false)
)

select
    case
        when r.persons = 0 or s.started_on is null or s.person_id is null then 'cannot_judge'
        when m.settlement_id is not null and not m.is_face_seen and x.settlement_id is null
            and not coalesce(s.is_family_purchase, false)
            then case
                when f.person_id is not null or s.is_family_purchase is null then 'cannot_judge'
                else 'hit'
            end
        else 'clear'
    end as outcome,
    case
        when r.persons = 0 and r.strangers > 0 then 'the register of departures matches nobody of the record'
        when r.persons = 0 then 'no register of departures was delivered'
        when s.person_id is null then 'the person is unknown'
        when s.started_on is null then 'the first day of care is unknown'
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
    m.status_from,
    coalesce(cast(m.status_to as varchar), 'today') as status_to,
    coalesce('至 ' || cast(m.status_to as varchar), '至今') as until_zh,
    m.what,
    m.what_zh
from feature.settlement as s
cross join (
    select (select count(*) from record.person_status where status_type = 'overseas') as persons,
        (select coalesce(sum(unmatched), 0) from record.list_match
            where source_table = 'psn_status_d' and kind = 'overseas') as strangers
) as r
left join feature.settlement_in_status as m on m.settlement_id = s.settlement_id and m.status_type = 'overseas'
left join excused as x on x.settlement_id = s.settlement_id
left join (
    select distinct person_id, cast(checked_in_at as date) as checked_on
    from record.check_in
    where is_face_match
) as f on f.person_id = s.person_id and f.checked_on = s.started_on and s.institution_id is null
