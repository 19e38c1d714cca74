/*
title       = "Care or purchase while in custody"
title_zh    = "羁押、服刑期间就医购药"
violation   = "care_in_custody"
family      = "identity"
subjects    = ["institution", "pharmacy", "person"]
certainty   = "definite"
stage       = "supervision"
window      = "settlement"
basis       = [
    "《医疗保障基金使用监督管理条例》第三十八条第（一）项、第四十一条第（一）项",
    "筛查模型 A02 服刑、羁押期间就医",
]
needs       = ["record.person_status", "record.settlement.started_on"]
exclusions  = [
    "the first and the last day in custody",
    "a stay begun before custody",
    "a check-in with matching face at the place that day: the person was out, the register is late",
    "no register of custody was delivered: cannot judge",
]
limits      = "Medical parole and sentences served outside are lawful and not in the register: ask the judicial office for the exact days. Who used the card is not known; the person stands for the card."
version     = "1"
sentence    = "{what} on {occurred_on} ({amount} yuan) while the register of {source_department} has the person in custody from {status_from} to {status_to}"
sentence_zh = "{source_department}登记 {status_from} 至 {status_to} 羁押或服刑，{occurred_on} 仍有{what_zh}，涉及 {amount} 元"
*/
with register as (
    select count(*) as persons
    from record.person_status
    where status_type = 'custody'
),

met as (
    select s.settlement_id, p.status_from, p.status_to, p.source_department,
        row_number() over (partition by s.settlement_id order by p.status_from desc) as place
    from record.person_status as p
    join feature.settlement as s
        on s.person_id = p.person_id and s.started_on > p.status_from
        and (p.status_to is null or s.started_on < p.status_to)
    where p.status_type = 'custody'
),

seen as (
    select distinct m.settlement_id
    from met as m
    join feature.settlement as s on s.settlement_id = m.settlement_id
    join record.check_in as c
        on c.person_id = s.person_id and c.institution_id = s.institution_id
        and cast(c.checked_in_at as date) = s.started_on
    where c.is_face_match
)

select
    case
        when r.persons = 0 or s.started_on is null then 'cannot_judge'
        when m.settlement_id is not null and f.settlement_id is null then 'hit'
        else 'clear'
    end as outcome,
    case
        when r.persons = 0 then 'no register of custody was delivered'
        when s.started_on is null then 'the first day of care is unknown'
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
    coalesce(m.source_department, '') as source_department,
    case
        when s.is_pharmacy then 'a purchase at a drugstore'
        when s.care_setting = 'inpatient' then 'a stay begun'
        else 'a visit'
    end as what,
    case when s.is_pharmacy then '购药' when s.care_setting = 'inpatient' then '入院' else '门诊就医' end as what_zh
from feature.settlement as s
cross join register as r
left join met as m on m.settlement_id = s.settlement_id and m.place = 1
left join seen as f on f.settlement_id = s.settlement_id
