/*
title       = "In hospital here and treated elsewhere at the same time"
title_zh    = "住院期间在其他机构住院或门诊就医"
violation   = "overlapping_care"
family      = "presence"
problem     = ["hospital-2"]
subjects    = ["institution", "practitioner", "person"]
certainty   = "suspected"
stage       = "supervision"
scope       = ["inpatient"]
window      = "stay"
law         = [
    "regulation-15-1",
    "regulation-38-1-1",
    "regulation-40-1-1",
    "regulation-17",
    "regulation-41-1-1",
    "regulation-41-1-2",
]
basis       = ["筛查模型 A03 住院期间门诊、A04 重叠住院"]
needs       = ["record.settlement.started_on", "record.settlement.ended_on"]
exclusions  = [
    "first and last day of the stay; a transfer recorded one day apart",
    "interim settlements of the same encounter",
    "the same institution's own outpatient settlement: costs moved out of the stay, another matter",
    "out-patient dialysis, chemotherapy and other courses",
    "chronic-disease refills with nothing but medicines: relatives fetch them",
    "visits of no more than {min_amount} yuan",
    "still in hospital: cannot judge",
    "the institution is unknown: cannot judge",
]
exclusions_zh = [
    "住院的首日和末日；相差一天的转院",
    "同一次就诊的中途结算",
    "同一机构自身的门诊结算：属费用移出住院，另行判断",
    "门诊透析、化疗及其他分疗程治疗",
    "仅取药的门慢特续方：由家属代取",
    "金额不超过 {min_amount} 元的就诊",
    "尚在住院：无法判定",
    "机构未知：无法判定",
]
limits      = "Either the bed was held for a person who was elsewhere or the card was used by another: temperature chart and check-in tell which. An examination agreed with another hospital and a date keyed wrong look the same. At issue is the stay's daily average for the days spent elsewhere, not the whole stay. A visit names the hospital that held the bed, two stays name both."
limits_zh   = "或为参保人不在院而保留床位，或为他人使用其医保凭证，以体温单和签到区分。预约到他院检查、日期录错也会呈现相同情形。涉及金额为在他处天数对应的日均费用，而非整次住院。门诊只涉及保留床位的医院，两次住院则涉及双方。"
version     = "1"
sentence    = "While in hospital from {started_on} to {ended_on} the person was {kind} at {other_institution_id} ({times} times, first on {occurred_on}); {days_elsewhere} days of the stay are worth {amount} yuan"
sentence_zh = "住院 {started_on} 至 {ended_on} 期间又在{other_institution_id}{kind_zh}（{times} 次，首次 {occurred_on}），重叠 {days_elsewhere} 天，按日均费用涉及 {amount} 元"

[params.min_amount]
value   = 50
unit    = "yuan"
meaning = "visits up to this eligible amount are not looked at"
*/
with stay as (
    select encounter_id, person_id, institution_id, started_on, ended_on, greatest(days, 1) as nights,
        discharge_way, attending_practitioner_id
    from feature.encounter
    where is_inpatient
),

beside as (
    select s.encounter_id, o.institution_id as other_institution_id, o.encounter_id as other_encounter_id,
        greatest(s.started_on, o.started_on) as met_on,
        coalesce(o.institution_id <> s.institution_id, false) as is_elsewhere,
        date_diff('day', greatest(s.started_on, o.started_on), least(s.ended_on, o.ended_on)) as days_elsewhere,
        case when s.started_on < o.started_on then s.discharge_way else o.discharge_way end as first_discharge_way
    from stay as s
    join stay as o
        on o.person_id = s.person_id and o.encounter_id <> s.encounter_id
        and coalesce(o.institution_id <> s.institution_id, true)
        and o.started_on < s.ended_on and o.ended_on > s.started_on
),

visit as (
    select v.settlement_id, v.encounter_id, v.person_id, v.institution_id, v.started_on, v.care_setting,
        e.principal_diagnosis_code
    from feature.settlement as v
    left join feature.encounter as e on e.encounter_id = v.encounter_id
    where v.care_setting in ('outpatient', 'emergency', 'chronic', 'maternity_outpatient')
        and not coalesce(v.is_pharmacy, false) and v.eligible_amount > $min_amount
),

in_course as (
    select distinct v.settlement_id
    from visit as v
    join knowledge.admission_exception as x
        on substr(v.principal_diagnosis_code, 1, length(x.diagnosis_prefix)) = x.diagnosis_prefix
),

visited as (
    select s.encounter_id, v.institution_id as other_institution_id, v.encounter_id as other_encounter_id,
        v.started_on as met_on, coalesce(v.institution_id <> s.institution_id, false) as is_elsewhere
    from stay as s
    join visit as v
        on v.person_id = s.person_id and coalesce(v.institution_id <> s.institution_id, true)
        and v.started_on > s.started_on and v.started_on < s.ended_on
    left join in_course as c on c.settlement_id = v.settlement_id
    where c.settlement_id is null
        and (
            v.care_setting <> 'chronic'
            or exists (
                select 1 from feature.fee_line as l
                where l.settlement_id = v.settlement_id
                    and coalesce(l.fee_category, '') not in ('02', '09', '10', '11', '12')
            )
        )
),

event as (
    select encounter_id, other_institution_id, other_encounter_id, met_on, days_elsewhere, 1 as is_stay, is_elsewhere
    from beside
    where not (days_elsewhere <= 1 and coalesce(first_discharge_way, '9') in ('2', '3'))
    union all
    select encounter_id, min(other_institution_id) as other_institution_id,
        min(other_encounter_id) as other_encounter_id, met_on, 1 as days_elsewhere, 0 as is_stay,
        is_elsewhere
    from visited
    group by encounter_id, met_on, is_elsewhere
),

gathered as (
    select encounter_id, min(met_on) as met_on, sum(days_elsewhere) as days_elsewhere, count(*) as times,
        max(is_stay) as is_stay
    from event
    where is_elsewhere
    group by encounter_id
),

first_event as (
    select encounter_id, other_institution_id, other_encounter_id,
        row_number() over (partition by encounter_id order by is_stay desc, met_on, other_encounter_id) as place
    from event
    where is_elsewhere
),

perhaps as (
    select distinct encounter_id from event where not is_elsewhere
)

select
    case
        when s.ended_on is null or s.person_id is null then 'cannot_judge'
        when g.encounter_id is not null then 'hit'
        when h.encounter_id is not null then 'cannot_judge'
        else 'clear'
    end as outcome,
    case
        when s.person_id is null then 'the person is unknown'
        when s.ended_on is null then 'still in hospital'
        else 'the institution is unknown'
    end as reason,
    p.settlement_id,
    cast(null as varchar) as line_id,
    s.encounter_id,
    s.person_id,
    s.institution_id,
    s.attending_practitioner_id as practitioner_id,
    g.met_on as occurred_on,
    cast(
        cast(p.eligible_amount as double) * least(g.days_elsewhere, s.nights) / greatest(s.nights, 1)
        as decimal(16, 2)
    ) as amount,
    s.started_on,
    s.ended_on,
    least(g.days_elsewhere, s.nights) as days_elsewhere,
    g.times,
    case when g.is_stay = 1 then 'in hospital' else 'an out-patient' end as kind,
    case when g.is_stay = 1 then '住院' else '门诊就医' end as kind_zh,
    f.other_institution_id,
    f.other_encounter_id
from stay as s
join feature.settlement as p on p.encounter_id = s.encounter_id
left join gathered as g on g.encounter_id = s.encounter_id
left join perhaps as h on h.encounter_id = s.encounter_id
left join first_event as f on f.encounter_id = s.encounter_id and f.place = 1
