/*
title       = "Days in bed on which nothing was done"
title_zh    = "疑似挂床住院"
violation   = "idle_stay"
family      = "stay"
problem     = ["hospital-1", "hospital2026-284"]
judges      = ["day"]
subjects    = ["institution", "practitioner"]
certainty   = "suspected"
stage       = "supervision"
scope       = ["inpatient"]
window      = "stay"
law         = ["regulation-15-1", "regulation-38-1-1"]
basis       = ["筛查模型 B03 挂床住院"]
needs       = ["record.fee_line.charged_at", "record.fee_line.fee_category"]
exclusions  = [
    "the day of discharge, and days without any charge",
    "diseases treated in courses, mental disorders, pregnancy, newborns",
    "bed-day payment",
    "stays with an operation: waiting and healing",
    "stays that ended in death",
    "stays shorter than 2 nights",
    "take-home drugs do not make a day busy, nor do charges up to {idle_amount} yuan",
    "the institution posts in bulk ({bulk_share:%} of a stay's lines on one day): cannot judge",
    "treatment or drugs posted at once for as many days as are idle: cannot judge",
    "still in hospital: cannot judge",
    "the institution is unknown: cannot judge",
]
exclusions_zh = [
    "出院日及无任何收费的日期",
    "分疗程治疗的疾病、精神障碍、妊娠、新生儿",
    "按床日付费",
    "有手术的住院：术前等待及术后恢复",
    "住院期间死亡",
    "住院不足 2 天",
    "出院带药及不超过 {idle_amount} 元的收费，不视为当日有诊疗",
    "机构集中记账（单日记账达该次住院明细的 {bulk_share:%}）：无法判定",
    "治疗或用药一次记录多日，可覆盖无诊疗天数：无法判定",
    "尚在住院：无法判定",
    "机构未知：无法判定",
]
limits      = "Observation before a decision, week-ends and the days before a transfer look the same; drugs posted once for several days do too where their days of supply are not filled. Temperature chart, nursing record and check-in tell whether the person slept there. What the idle days cost is at issue; if the bed was only held, none of the stay was needed."
limits_zh   = "决策前观察、周末及转院前数日表现相同；药品一次记录数日而用药天数未填的，亦同。体温单、护理记录和签到可证明参保人是否在院过夜。涉及金额仅计无诊疗日的费用；现场查实为挂床的，整次住院费用均不合理。"
version     = "5"
sentence    = "On {idle_days} of {charged_days} days of the stay of {occurred_on} only bed, nursing and ward rounds were charged: {amount} yuan, of the stay's {stay_amount}"
sentence_zh = "{occurred_on} 入院，{charged_days} 天中有 {idle_days} 天仅收床位、护理、诊查费，计 {amount} 元（该次住院 {stay_amount} 元）"

[params.min_days]
value   = 3
unit    = "days"
meaning = "idle days from which a stay is looked at"

[params.min_share]
value   = 0.4
meaning = "idle days over charged days"

[params.idle_amount]
value   = 5
unit    = "yuan"
meaning = "charges of treatment a day that still leave it idle"

[params.bulk_share]
value   = 0.6
meaning = "average share of a stay's lines on its busiest day from which an institution posts in bulk"
*/
with worked as (
    select encounter_id, sum(case when is_inside then 1 else 0 end) as charged_days,
        max(case when is_unsorted then 1 else 0 end) as is_unsorted,
        max(case when is_operated then 1 else 0 end) as is_operated,
        sum(case when is_inside and has_bed and active_amount <= $idle_amount then 1 else 0 end) as idle_days
    from feature.stay_day
    group by encounter_id
),

-- What the idle days themselves cost, take-home drugs aside: whether the rest of the stay was needed is asked on site.
idle as (
    select l.settlement_id, sum(l.eligible_amount) as amount
    from feature.fee_line as l
    join feature.stay_day as d on d.encounter_id = l.encounter_id and d.charged_on = l.charged_on
    where d.is_inside and d.has_bed and d.active_amount <= $idle_amount
        and coalesce(l.fee_category, '') in ('01', '02', '07', '12', '13')
    group by l.settlement_id
),

-- Treatment units beyond one a day that were posted in bulk, or days of drugs given out at once, may be what was done on
-- the idle days.
posted as (
    select encounter_id, max(covered_days) as covered_days
    from (
        select l.encounter_id, l.item_code, sum(l.quantity) - count(distinct l.charged_on) as covered_days
        from feature.fee_line as l
        where l.care_setting = 'inpatient' and l.fee_category = '05' and l.is_posted_in_bulk
        group by l.encounter_id, l.item_code
        union all
        select l.encounter_id, l.item_code, max(l.supply_days) - 1
        from feature.fee_line as l
        where l.care_setting = 'inpatient' and l.fee_category in ('09', '10', '11') and not l.is_take_home
        group by l.encounter_id, l.item_code
    ) as item
    group by encounter_id
),

judged as (
    select e.encounter_id, e.person_id, e.institution_id, e.attending_practitioner_id, e.started_on, e.ended_on,
        e.days, e.principal_diagnosis_code, w.charged_days, w.idle_days,
        w.encounter_id is not null and w.is_unsorted = 0 as is_sorted,
        coalesce(p.busiest_share, 0) as busiest_share,
        coalesce(e.is_posted_in_bulk, false) or coalesce(b.covered_days >= w.idle_days, false) as is_posted_at_once,
        x.is_expected or x.is_bed_day_paid or x.is_died or coalesce(w.is_operated, 0) = 1
            or coalesce(e.is_continued and o.is_operated, false)
            or coalesce(e.is_operated, false) or e.days < 2 as is_excused
    from feature.encounter as e
    join feature.encounter_excuse as x on x.encounter_id = e.encounter_id
    left join worked as w on w.encounter_id = e.encounter_id
    left join posted as b on b.encounter_id = e.encounter_id
    left join feature.institution_posting as p on p.institution_id = e.institution_id
    left join feature.encounter as o on o.encounter_id = e.previous_encounter_id
    where e.is_inpatient
)

select
    case
        when j.ended_on is null then 'cannot_judge'
        when j.is_excused then 'clear'
        when not j.is_sorted or j.institution_id is null or j.busiest_share > $bulk_share then 'cannot_judge'
        when not coalesce(j.idle_days >= $min_days and j.idle_days >= $min_share * j.charged_days, false) then 'clear'
        when i.settlement_id is null then 'clear'
        when j.principal_diagnosis_code is null or j.is_posted_at_once then 'cannot_judge'
        else 'hit'
    end as outcome,
    case
        when j.ended_on is null then 'still in hospital'
        when not j.is_sorted then 'fee lines without fee category'
        when j.institution_id is null then 'the institution is unknown, and with it whether it posts charges in bulk'
        when j.busiest_share > $bulk_share then 'the institution posts charges in bulk'
        when j.principal_diagnosis_code is null then 'the principal diagnosis is unknown'
        else 'treatment or drugs were posted at once for several days'
    end as reason,
    s.settlement_id,
    cast(null as varchar) as line_id,
    j.encounter_id,
    j.person_id,
    j.institution_id,
    j.attending_practitioner_id as practitioner_id,
    j.started_on as occurred_on,
    i.amount,
    j.idle_days,
    j.charged_days,
    s.eligible_amount as stay_amount
from judged as j
join feature.settlement as s on s.encounter_id = j.encounter_id
left join idle as i on i.settlement_id = s.settlement_id
