/*
title       = "Injury that work-injury insurance or a third party should pay"
title_zh    = "应由工伤保险或第三人负担的外伤费用"
violation   = "third_party_liable"
family      = "eligibility"
fetch       = ["accident"]
subjects    = ["institution", "person"]
certainty   = "suspected"
stage       = "supervision"
window      = "settlement"
law         = ["regulation-17", "regulation-41-1-2", "rules-29", "rules-31-1-2"]
basis       = [
    "《社会保险法》第三十条：应当从工伤保险基金中支付、应当由第三人负担的医疗费用不纳入基本医疗保险基金支付范围",
    "筛查模型 A12 外伤住院第三方责任未核",
]
needs       = ["record.encounter.principal_diagnosis_code", "record.settlement.fund_amount"]
exclusions  = [
    "complications of care (T80-T88)",
    "the institution marked a third party: declared, the office recovers it",
    "begun more than {early_days:day} before the accident or after the liability ended",
    "other diseases of the same person",
    "asked and answered with no, nothing in a register",
    "no fund money, or paid back since: refunds are netted",
    "settled by an insurance other than the basic medical one",
    "the mark of a third party is empty and no register names the person: nobody asked, cannot judge",
    "begun more than {late_days:day} after the accident in the register: perhaps another injury, cannot judge",
    "no register of work injuries or third parties was delivered: cannot judge",
]
exclusions_zh = [
    "医疗并发症（T80-T88）",
    "机构已标记第三方责任：已申报，由经办机构追偿",
    "早于事故日 {early_days} 天以上或责任期满后开始",
    "同一参保人的其他疾病",
    "已询问且答为否，登记中亦无",
    "基金未支付，或已退回：退费已冲减",
    "由基本医疗保险以外的险种结算",
    "第三方标志未填且登记中无此人：未询问，无法判定",
    "登记事故日 {late_days} 天以后开始：可能为另一次损伤，无法判定",
    "未提供工伤或第三方责任登记：无法判定",
]
limits      = "The fund may advance the costs where the third party does not pay or is unknown, and then claims them: at issue is only what work-injury insurance or a third party has paid and the fund has paid again, and has not got back. Compare the payments first. A court or insurance entry names a claim, not always this injury. Where the mark is empty it is the institution that had to ask; the person is named where the mark says no or the bill was handed in by hand. The mark may have been set for them."
limits_zh   = "第三方不支付或无法确定时基金可先行支付，再向其追偿：关注点仅为工伤保险基金或第三人已支付、医保基金又支付且未退回的部分，应先比对支付记录。法院或保险登记说明存在索赔，不一定为本次损伤。标志未填的，机构负有询问责任；标志为“否”或手工报销的，指向参保人，但该标志也可能由机构代填。"
version     = "3"
sentence    = "{diagnosis_code} {diagnosis_name} treated from {occurred_on}, {amount} yuan of fund money, third-party mark: {mark}; {ground}"
sentence_zh = "{occurred_on} 因 {diagnosis_code} {diagnosis_name} 就医，基金支付 {amount} 元，第三方标志：{mark_zh}；{ground_zh}"

[params.early_days]
value   = 1
unit    = "days"
meaning = "before the day of the accident in the register that care may begin"

[params.late_days]
value   = 180
unit    = "days"
meaning = "after the day of the accident in the register that care for it may begin"
*/
with register as (
    select (select count(*) from record.person_status where status_type in ('work_injury', 'third_party')) as persons,
        (select coalesce(sum(unmatched), 0) from record.list_match
            where source_table = 'psn_status_d' and kind in ('work_injury', 'third_party')) as strangers
),

injury as (
    select e.encounter_id, e.person_id, e.institution_id, e.started_on,
        e.principal_diagnosis_code, e.principal_diagnosis_name, r.is_third_party_liable
    from feature.encounter as e
    left join record.encounter as r on r.encounter_id = e.encounter_id
    where substr(e.principal_diagnosis_code, 1, 1) in ('S', 'T')
        and substr(e.principal_diagnosis_code, 1, 2) <> 'T8'
),

liable as (
    select i.encounter_id, p.status_type,
        date_diff('day', p.status_from, i.started_on) > $late_days as is_long_before, p.status_from, p.source_department,
        row_number() over (partition by i.encounter_id order by p.status_from desc, p.status_type desc) as place
    from injury as i
    join record.person_status as p
        on p.person_id = i.person_id and date_diff('day', i.started_on, p.status_from) <= $early_days
        and (p.status_to is null or i.started_on <= p.status_to)
        and p.status_from >= date '1950-01-01'
    where p.status_type in ('work_injury', 'third_party')
)

select
    case
        when i.is_third_party_liable or s.fund_amount <= 0
            or s.insurance_type not in ('310', '380', '390', '391', '392') then 'clear'
        when l.encounter_id is not null and not l.is_long_before then 'hit'
        when l.encounter_id is not null or g.persons = 0 or i.person_id is null or i.is_third_party_liable is null
            then 'cannot_judge'
        else 'clear'
    end as outcome,
    case
        when l.encounter_id is not null then 'the accident in the register lies long before'
        when g.persons = 0 and g.strangers > 0
            then 'the register of work injuries or third parties matches nobody of the record'
        when g.persons = 0 then 'no register of work injuries or third parties was delivered'
        when i.person_id is null then 'the person is unknown'
        else 'the mark of a third party is empty'
    end as reason,
    s.settlement_id,
    cast(null as varchar) as line_id,
    i.encounter_id,
    i.person_id,
    i.institution_id,
    cast(null as varchar) as practitioner_id,
    i.started_on as occurred_on,
    s.fund_amount as amount,
    s.fund_amount as fund_at_issue,
    -- Who was asked and said no claims a second time; where nobody was asked it is the institution that had to ask.
    case when not i.is_third_party_liable or coalesce(r.settlement_type, '2') = '1'
        or coalesce(r.manual_reimbursement_reason, '') <> '' then 'person' else 'institution' end as implicates,
    i.principal_diagnosis_code as diagnosis_code,
    coalesce(i.principal_diagnosis_name, '') as diagnosis_name,
    case when i.is_third_party_liable is null then 'empty' else 'no' end as mark,
    case when i.is_third_party_liable is null then '未填' else '否' end as mark_zh,
    case
        when l.status_type = 'work_injury' then 'work injury registered on ' || cast(l.status_from as varchar)
        else 'liability of a third party registered on ' || cast(l.status_from as varchar)
    end as ground,
    case
        when l.status_type = 'work_injury' then '人社部门 ' || cast(l.status_from as varchar) || ' 登记工伤'
        else coalesce(l.source_department, '') || ' ' || cast(l.status_from as varchar) || ' 登记第三方责任'
    end as ground_zh
from injury as i
cross join register as g
join feature.settlement as s on s.encounter_id = i.encounter_id
left join record.settlement as r on r.settlement_id = s.settlement_id
left join liable as l on l.encounter_id = i.encounter_id and l.place = 1
