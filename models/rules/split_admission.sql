/*
title       = "Re-admitted within days for the same disease"
title_zh    = "疑似分解住院"
official    = [49]
violation   = "split_stay"
family      = "stay"
subjects    = ["institution", "practitioner"]
certainty   = "suspected"
stage       = "supervision"
scope       = ["inpatient"]
window      = "two stays"
law         = ["regulation-15-1", "regulation-38-1-1"]
basis       = ["智能监管规则库（2025年版）49 分解住院"]
needs       = ["record.encounter.principal_diagnosis_code"]
exclusions  = [
    "diseases treated in courses",
    "discharged to another institution (transfer or community)",
    "the earlier stay ended in death",
    "admitted on a referral, or in another hospital between the two: up and back",
    "the stay only went on: settled in mid-stay, at the turn of the year, because the insurance changed, or because the place closed or moved under a new code",
    "day surgery and day care before or after",
    "begun as an emergency: by the medical category, or from the emergency department there",
    "a staged operation: a disease operated on in several stays by plan, operated in both",
    "another operation in either stay, by the coded procedures: not the same treatment",
    "bed-day payment: a new stay brings nothing",
    "the principal diagnosis is unknown: cannot judge",
    "the institution is unknown: cannot judge",
    "the person is unknown: cannot judge",
]
exclusions_zh = [
    "分疗程治疗的疾病",
    "转往其他机构（转院或社区）",
    "前一次住院死亡",
    "凭转诊入院，或两次之间在其他医院住院（上转后转回）",
    "住院未中断：中途结算、跨年结算、险种变更后续住，或原机构停业、搬迁换码",
    "前后任一次为日间手术、日间病房",
    "急诊转住院：医疗类别为急诊，或由本院急诊收入",
    "分次手术：按计划分次手术的疾病，两次住院均有手术",
    "两次住院手术操作编码不同：并非同一治疗",
    "按床日付费：新的住院不带来额外支付",
    "主诊断未知：无法判定",
    "机构未知：无法判定",
    "参保人未知：无法判定",
]
limits      = "A planned stay whose plan is not in the record and a disease that came back look the same: read the discharge summary for an unfinished treatment. The settlement list's mark of a planned readmission is not exported. Discharge against advice is not excluded, for it is recorded to cover the split. Places with one legal representative count as one. Up to 7 days is the core; 8 to 15 days deserve a look where a place repeats it."
limits_zh   = "未体现在数据中的计划再入院、疾病复发也会呈现相同情形，应查出院小结是否有未完成的治疗。结算清单的计划再入院标志不在导出数据中。非医嘱离院不排除，因其可能被用于掩盖分解住院。同一法定代表人的机构视为一家。7 天以内为核心；8 至 15 天的，机构反复出现时值得关注。"
version     = "4"
sentence    = "Re-admitted {gap_days} days after discharge ({previous_ended_on}) with the same principal diagnosis {diagnosis_code} {diagnosis_name}; the later stay cost {amount} yuan"
sentence_zh = "{previous_ended_on} 出院后间隔 {gap_days} 天以同一主诊断（{diagnosis_code} {diagnosis_name}）再次住院，后一次住院涉及 {amount} 元"

[params.max_gap]
value   = 7
unit    = "days"
meaning = "from discharge to the next admission"
*/
with stay as (
    select e.encounter_id, e.person_id, e.institution_id, e.started_on, e.ended_on, e.discharge_way, x.is_sent_home,
        x.is_exception, x.is_bed_day_paid,
        e.principal_diagnosis_code, e.principal_diagnosis_name, e.attending_practitioner_id,
        e.referred_from_encounter_id, coalesce(i.owner, e.institution_id) as place,
        coalesce(e.is_continued, false) as is_continued, coalesce(e.is_day_care, false) as is_day_care,
        coalesce(e.is_emergency_start, false) as is_emergency_start, coalesce(e.is_operated, false) as is_operated,
        coalesce(e.is_transferred_in, false) as is_transferred_in
    from feature.encounter as e
    join feature.encounter_excuse as x on x.encounter_id = e.encounter_id
    left join feature.institution as i on i.institution_id = e.institution_id
    where e.is_inpatient
),

paired as (
    select l.*, p.encounter_id as previous_encounter_id, p.institution_id as previous_institution_id,
        p.ended_on as previous_ended_on, p.is_sent_home as was_sent_home,
        l.is_exception or p.is_exception as is_expected,
        p.principal_diagnosis_code as previous_diagnosis_code, l.is_day_care or p.is_day_care as is_day_care_beside,
        l.is_operated and p.is_operated as is_operated_twice,
        date_diff('day', p.ended_on, l.started_on) as gap_days,
        -- Closed and opened again on one day, and how the person left is not said: a month's settlement looks the same.
        date_diff('day', p.ended_on, l.started_on) = 0 and coalesce(p.discharge_way, '9') in ('9', '')
            as is_perhaps_interim,
        coalesce(p.place = l.place, false) as is_there,
        row_number() over (
            partition by l.encounter_id
            order by
                case when p.place = l.place and date_diff('day', p.ended_on, l.started_on) <= $max_gap then 0 else 1 end,
                p.ended_on desc, p.encounter_id
        ) as nearness
    from stay as l
    join stay as p
        on p.person_id = l.person_id and coalesce(p.place = l.place, true) and p.encounter_id <> l.encounter_id
        and p.ended_on <= l.started_on and p.started_on < l.started_on
),

-- 细则 speaks of the same disease and the same treatment without a change of the illness: what is operated on by stages
-- is not.
staged as (
    select distinct p.encounter_id
    from paired as p
    join knowledge.staged_operation as x
        on substr(p.principal_diagnosis_code, 1, length(x.diagnosis_prefix)) = x.diagnosis_prefix
        or substr(p.previous_diagnosis_code, 1, length(x.diagnosis_prefix)) = x.diagnosis_prefix
    where p.nearness = 1 and p.is_operated_twice
),

coded as (
    select distinct coalesce(r.encounter_id, s.encounter_id) as encounter_id, substr(r.procedure_code, 1, 5) as operation
    from record.procedure as r
    left join feature.settlement as s on s.settlement_id = r.settlement_id
),

other_operation as (
    select p.encounter_id
    from paired as p
    join coded as l on l.encounter_id = p.encounter_id
    join coded as b on b.encounter_id = p.previous_encounter_id
    where p.nearness = 1
    group by p.encounter_id
    having max(case when l.operation = b.operation then 1 else 0 end) = 0
),

away as (
    select distinct p.encounter_id
    from paired as p
    join stay as o
        on o.person_id = p.person_id and o.place <> p.place and o.started_on >= p.previous_ended_on
        and o.ended_on <= p.started_on
    where p.nearness = 1
),

weighed as (
    select p.*,
        p.gap_days <= $max_gap and not p.is_expected and p.was_sent_home
            and p.referred_from_encounter_id is null and not p.is_transferred_in and a.encounter_id is null
            and not p.is_continued and not p.is_day_care_beside and not p.is_emergency_start and g.encounter_id is null
            and d.encounter_id is null and not p.is_bed_day_paid as is_open,
        substr(p.principal_diagnosis_code, 1, 3) = substr(p.previous_diagnosis_code, 1, 3) as is_same_disease
    from paired as p
    left join staged as g on g.encounter_id = p.encounter_id
    left join other_operation as d on d.encounter_id = p.encounter_id
    left join away as a on a.encounter_id = p.encounter_id
    where p.nearness = 1
)

select
    case
        when not w.is_open then 'clear'
        when w.is_same_disease is null or (w.is_same_disease and not w.is_there) then 'cannot_judge'
        when w.is_same_disease then 'hit'
        else 'clear'
    end as outcome,
    case
        when w.is_same_disease is null then 'the principal diagnosis is unknown'
        when not w.is_there then 'the institution is unknown'
    end as reason,
    s.settlement_id,
    cast(null as varchar) as line_id,
    w.encounter_id,
    w.person_id,
    w.institution_id,
    w.attending_practitioner_id as practitioner_id,
    w.started_on as occurred_on,
    s.eligible_amount as amount,
    case when w.is_perhaps_interim then 'a stay settled in parts whose flag of interim settlement was left empty' end
        as innocent,
    case when w.is_perhaps_interim then '同一次住院中途结算而未填中途结算标志' end as innocent_zh,
    w.gap_days,
    w.previous_encounter_id,
    w.previous_institution_id,
    w.previous_ended_on,
    w.principal_diagnosis_code as diagnosis_code,
    coalesce(w.principal_diagnosis_name, '') as diagnosis_name
from weighed as w
join feature.settlement as s on s.encounter_id = w.encounter_id
union all
select 'cannot_judge', 'the person is unknown', s.settlement_id, null, e.encounter_id, null, e.institution_id,
    e.attending_practitioner_id, e.started_on, s.eligible_amount, null, null, null, null, null, null, null, null
from stay as e
join feature.settlement as s on s.encounter_id = e.encounter_id
where e.person_id is null
