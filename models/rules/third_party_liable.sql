/*
title       = "Injury that work-injury insurance or a third party should pay"
title_zh    = "应由工伤保险或第三人负担的外伤费用"
violation   = "third_party_liable"
family      = "eligibility"
fetch       = ["accident"]
subjects    = ["person"]
certainty   = "suspected"
stage       = "supervision"
window      = "settlement"
law         = ["regulation-17", "regulation-41-1-2", "rules-29", "rules-31-1-2"]
basis       = [
    "《社会保险法》第三十条：应当从工伤保险基金中支付、应当由第三人负担的医疗费用不纳入基本医疗保险基金支付范围",
    "筛查模型 A12 外伤住院第三方责任未核",
]
needs       = ["record.encounter.principal_diagnosis_code"]
exclusions  = [
    "complications of care (T80-T88)",
    "the institution marked a third party: declared, the office recovers it",
    "begun more than {early_days:day} before the accident or after the liability ended",
    "other diseases of the same person",
    "asked and answered with no, nothing in a register",
    "no register of work injuries or third parties was delivered: cannot judge",
]
exclusions_zh = [
    "医疗并发症（T80-T88）",
    "机构已标记第三方责任：已申报，由经办机构追偿",
    "早于事故日 {early_days} 天以上或责任期满后开始",
    "同一参保人的其他疾病",
    "已询问且答为否，登记中亦无",
    "未提供工伤或第三方责任登记：无法判定",
]
limits      = "The fund may advance the costs where the third party does not pay or is unknown; it then has a claim against him. Suicide and falls at home have no third party. A court or insurance entry names a claim, not always this injury. An expensive stay whose mark is empty says only that nobody asked."
limits_zh   = "第三方不支付或无法确定时基金可先行支付，再向其追偿。自杀、家中跌倒无第三方。法院或保险登记说明存在索赔，不一定为本次损伤。标记为空的高费用住院仅说明未询问。"
version     = "1"
sentence    = "{diagnosis_code} {diagnosis_name} treated from {occurred_on} ({amount} yuan), third-party mark: {mark}; {ground}"
sentence_zh = "{occurred_on} 因 {diagnosis_code} {diagnosis_name} 就医，涉及 {amount} 元，第三方标志：{mark_zh}；{ground_zh}"

[params.early_days]
value   = 1
unit    = "days"
meaning = "before the day of the accident in the register that care may begin"

[params.large_amount]
value   = 20000
unit    = "yuan"
meaning = "total of an injury stay from which an empty third-party mark deserves a question"
*/
with register as (
    select (select count(*) from record.person_status where status_type in ('work_injury', 'third_party')) as persons,
        (select coalesce(sum(unmatched), 0) from record.list_match
            where source_table = 'psn_status_d' and kind in ('work_injury', 'third_party')) as strangers
),

injury as (
    select e.encounter_id, e.person_id, e.institution_id, e.started_on, e.is_inpatient, e.total_amount,
        e.principal_diagnosis_code, e.principal_diagnosis_name, r.is_third_party_liable
    from feature.encounter as e
    left join record.encounter as r on r.encounter_id = e.encounter_id
    where substr(e.principal_diagnosis_code, 1, 1) in ('S', 'T')
        and substr(e.principal_diagnosis_code, 1, 2) <> 'T8'
),

liable as (
    select i.encounter_id, p.status_type, p.status_from, p.source_department,
        row_number() over (partition by i.encounter_id order by p.status_from desc, p.status_type desc) as place
    from injury as i
    join record.person_status as p
        on p.person_id = i.person_id and date_diff('day', i.started_on, p.status_from) <= $early_days
        and (p.status_to is null or i.started_on <= p.status_to)
    where p.status_type in ('work_injury', 'third_party')
)

select
    case
        when i.is_third_party_liable then 'clear'
        when l.encounter_id is not null then 'hit'
        when i.is_inpatient and i.total_amount >= $large_amount and i.is_third_party_liable is null then 'hit'
        when g.persons = 0 or i.person_id is null then 'cannot_judge'
        else 'clear'
    end as outcome,
    case
        when g.persons = 0 and g.strangers > 0
            then 'the register of work injuries or third parties matches nobody of the record'
        when g.persons = 0 then 'no register of work injuries or third parties was delivered'
        when i.person_id is null then 'the person is unknown'
    end as reason,
    s.settlement_id,
    cast(null as varchar) as line_id,
    i.encounter_id,
    i.person_id,
    i.institution_id,
    cast(null as varchar) as practitioner_id,
    i.started_on as occurred_on,
    s.eligible_amount as amount,
    i.principal_diagnosis_code as diagnosis_code,
    coalesce(i.principal_diagnosis_name, '') as diagnosis_name,
    case when i.is_third_party_liable is null then 'empty' else 'no' end as mark,
    case when i.is_third_party_liable is null then '未填' else '否' end as mark_zh,
    case
        when l.status_type = 'work_injury' then 'work injury registered on ' || cast(l.status_from as varchar)
        when l.status_type = 'third_party' then 'liability of a third party registered on '
            || cast(l.status_from as varchar)
        else 'an expensive injury, nobody recorded who was liable'
    end as ground,
    case
        when l.status_type = 'work_injury' then '人社部门 ' || cast(l.status_from as varchar) || ' 登记工伤'
        when l.status_type = 'third_party' then coalesce(l.source_department, '') || ' '
            || cast(l.status_from as varchar) || ' 登记第三方责任'
        else '外伤费用较高而未记录责任方'
    end as ground_zh
from injury as i
cross join register as g
join feature.settlement as s on s.encounter_id = i.encounter_id
left join liable as l on l.encounter_id = i.encounter_id and l.place = 1
