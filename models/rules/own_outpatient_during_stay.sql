/*
title       = "The hospital's own out-patient bill during a stay there"
title_zh    = "住院期间本院门诊结算（转嫁费用）"
violation   = "cost_moved_out_of_stay"
family      = "stay"
fetch       = ["shifted_cost"]
problem     = ["hospital-35"]
subjects    = ["institution"]
certainty   = "suspected"
stage       = "supervision"
scope       = ["inpatient", "outpatient"]
window      = "stay"
law         = ["regulation-15-1", "regulation-38-1-1", "regulation-38-1-7"]
basis       = ["筛查模型 E03 转嫁费用"]
needs       = ["record.settlement.started_on", "record.encounter.ended_at"]
exclusions  = [
    "first and last day of the stay: the way in and take-home medicines",
    "out-patient dialysis, chemotherapy and other courses, by diagnosis, registered disease or item",
    "chronic, two-disease and special-drug refills with nothing but medicines: relatives fetch them",
    "emergencies, check-ups",
    "a settlement of the stay itself, interim settlements",
    "manual reimbursement: its day is typed in",
    "bed-day payment and stays longer than {long_stay_days:day}: their dated refills",
    "no diagnosis, no registered disease, and chronic care or no line: whether it is one of a course is unknown, cannot judge",
    "the institution is unknown: cannot judge",
]
exclusions_zh = [
    "住院的首日和末日：入院当日就诊及出院带药",
    "门诊透析、化疗及其他分疗程治疗（按诊断、病种或收费项目识别）",
    "仅取药的门慢特、两病、特药续方：由家属代取",
    "急诊、体检",
    "该次住院的结算、中途结算",
    "手工报销：日期为手工录入",
    "按床日付费及超过 {long_stay_days} 天的住院：按期续方",
    "无诊断、无病种，且为门慢特或无明细，不知是否为分疗程治疗：无法判定",
    "机构未知：无法判定",
]
limits      = "Under case payment what is taken out of the stay is paid twice. A mother's antenatal or a newborn's visit under her number, and a date keyed wrong, look the same. Bills on the days just before admission are not looked at: the work-up before an agreed stay is lawful in most areas."
limits_zh   = "按病种付费下，移出住院的费用会被重复支付。母亲产检或新生儿以其编号就诊、日期录错也会呈现相同情形。入院前数日的账单不作判断：多数地区允许预约入院前检查。"
version     = "4"
sentence    = "On {occurred_on} the hospital settled an out-patient bill of {amount} yuan for a person in its own bed from {started_on} to {ended_on}"
sentence_zh = "{started_on} 至 {ended_on} 在本院住院期间，{occurred_on} 又在本院门诊结算 {amount} 元"

[params.long_stay_days]
value   = 60
unit    = "days"
meaning = "longer stays are left out"
*/
with visit as (
    select s.settlement_id, s.encounter_id, s.person_id, s.institution_id, s.started_on, s.eligible_amount,
        s.care_setting = 'chronic' or coalesce(s.medical_category, '') in ('15', '9901') as is_refill,
        e.principal_diagnosis_code,
        coalesce(e.is_in_course, case when e.principal_diagnosis_code is not null then false end) as is_in_course
    from feature.settlement as s
    join record.settlement as r on r.settlement_id = s.settlement_id
    left join feature.encounter as e on e.encounter_id = s.encounter_id
    where s.care_setting in ('outpatient', 'chronic', 'maternity_outpatient') and not coalesce(s.is_pharmacy, false)
        and coalesce(r.settlement_type, '2') <> '1' and s.eligible_amount > 0
),

met as (
    select v.settlement_id, v.encounter_id, v.is_refill, v.is_in_course, e.encounter_id as stay_encounter_id,
        e.started_on as stay_from, e.ended_on as stay_to,
        coalesce(e.institution_id = v.institution_id, false) as is_there,
        row_number() over (
            partition by v.settlement_id
            order by case when e.institution_id = v.institution_id then 0 else 1 end, e.started_on, e.encounter_id
        ) as place
    from visit as v
    join feature.encounter as e
        on e.person_id = v.person_id and coalesce(e.institution_id = v.institution_id, true)
        and e.encounter_id <> coalesce(v.encounter_id, '') and v.started_on > e.started_on
        and v.started_on < e.ended_on
    join feature.encounter_excuse as x on x.encounter_id = e.encounter_id
    where e.is_inpatient and e.days <= $long_stay_days and not x.is_bed_day_paid
),

excused as (
    select m.settlement_id
    from met as m
    join feature.encounter_excuse as x on x.encounter_id = m.encounter_id
    where x.is_expected
    union
    select m.settlement_id
    from met as m
    join feature.fee_line as l on l.settlement_id = m.settlement_id
    where m.is_refill
    group by m.settlement_id
    having max(case when coalesce(l.fee_category, '') in ('02', '09', '10', '11', '12') then 0 else 1 end) = 0
)

select
    case
        when v.started_on is null or v.person_id is null then 'cannot_judge'
        when m.settlement_id is not null and x.settlement_id is null and m.is_there and v.is_in_course is not null
            then 'hit'
        when m.settlement_id is not null and x.settlement_id is null then 'cannot_judge'
        else 'clear'
    end as outcome,
    case
        when v.started_on is null then 'the day of the visit is unknown'
        when v.person_id is null then 'the person is unknown'
        when m.settlement_id is not null and not m.is_there then 'the institution is unknown'
        when m.settlement_id is not null then 'whether the visit is one of a course is unknown'
    end as reason,
    v.settlement_id,
    cast(null as varchar) as line_id,
    v.encounter_id,
    v.person_id,
    v.institution_id,
    cast(null as varchar) as practitioner_id,
    v.started_on as occurred_on,
    v.eligible_amount as amount,
    m.stay_encounter_id,
    m.stay_from as started_on,
    m.stay_to as ended_on
from visit as v
left join met as m on m.settlement_id = v.settlement_id and m.place = 1
left join excused as x on x.settlement_id = v.settlement_id
