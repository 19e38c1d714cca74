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
law         = ["regulation-17", "regulation-41-1-1"]
basis       = ["筛查模型 A02 同类：出入境登记与就医比对"]
needs       = ["record.person_status", "record.settlement.started_on"]
exclusions  = [
    "the days of leaving and of return",
    "a check-in with matching face at the place that day: the person was back",
    "drugstore purchases paid without the funds or from a relative's account: accounts are shared within the family",
    "nothing but medicines, and the fees for prescribing them: somebody else may fetch them with both papers",
    "internet visits: they need no presence",
    "all lines charged before leaving or after return: only the bill was settled in between",
    "manual reimbursement: the day typed in is not the day at the counter",
    "no register of departures was delivered: cannot judge",
    "the person is unknown: cannot judge",
    "the institution is unknown: cannot judge",
]
exclusions_zh = [
    "出境日和入境日",
    "当日在该机构签到且人脸相符：本人已回国",
    "未使用基金或由家庭共济账户支付的药店购药：个人账户可供家庭成员使用",
    "仅取药（含诊察、挂号费）：可凭双方证件委托他人代取",
    "互联网诊疗：无需本人到场",
    "全部费用发生在出境前或回国后：其间仅为结算",
    "手工报销：录入日期并非就诊日期",
    "未提供出入境登记：无法判定",
    "参保人未知：无法判定",
    "机构未知：无法判定",
]
limits      = "Only care that needs the body there counts. An online consultation is seen only by the area's medical category or the item charged for it. A short return that the register missed looks the same: several visits over months speak against it. Who used the card is not known; the person stands for the card."
limits_zh   = "仅计须本人到场的医疗服务；互联网诊疗仅能按当地医疗类别或互联网复诊收费识别。登记遗漏的短暂入境也会呈现相同情形，数月内多次就医则可排除这一可能。用卡人无法确定，此处以参保人代指其医保凭证。"
version     = "3"
sentence    = "{what} on {occurred_on} ({amount} yuan) while the register has the person abroad from {status_from} to {status_to}"
sentence_zh = "出入境登记 {status_from} {until_zh} 在境外，{occurred_on} 仍有{what_zh}，涉及 {amount} 元"
*/
select
    case
        when r.persons = 0 or s.started_on is null or s.person_id is null then 'cannot_judge'
        when m.settlement_id is not null and not m.is_face_seen and not m.is_medicine_only and not m.is_by_hand
            and coalesce(m.is_charged_inside, true) and not m.is_internet
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
    case when m.status_to is null then 'a person come home since: the register names no day of return' end as innocent,
    case when m.status_to is null then '早已回国而登记未填入境日期' end as innocent_zh,
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
left join (
    select distinct person_id, cast(checked_in_at as date) as checked_on
    from record.check_in
    where is_face_match
) as f on f.person_id = s.person_id and f.checked_on = s.started_on and s.institution_id is null
