/*
title       = "Out-patient visits on more days of a month than care needs"
title_zh    = "频繁门诊"
official    = [50]
violation   = "frequent_visits"
family      = "frequency"
subjects    = ["person"]
certainty   = "suspected"
stage       = "supervision"
scope       = ["outpatient", "emergency"]
window      = "person and calendar month, across institutions"
law         = ["regulation-17", "regulation-41-1-1", "regulation-41-1-2"]
basis       = ["智能监管规则库（2025年版）50 频繁门诊；筛查模型 C01"]
needs       = ["record.settlement.settled_at"]
exclusions  = [
    "several settlements on one day count as one visit",
    "days with neither a drug nor an examination",
    "courses given day by day (rehabilitation, acupuncture, dressings, immunisation, fertility cycles ..., dialysis, chemotherapy, radiotherapy): a course's days at one institution are one visit, of infusions the first 14",
    "visits paid without the funds or from a relative's account are not counted",
    "registered chronic care (setting chronic)",
    "pregnancy check-ups (setting maternity)",
    "the institution is unknown: cannot judge",
]
exclusions_zh = [
    "同日多笔结算计为一次就诊",
    "当日既无药品也无检查",
    "逐日进行的分次治疗（康复、针灸、换药、接种、取卵周期等，以及透析、化疗、放疗）：在同一机构的各日合计一次，输液以 14 天为限",
    "未使用基金或由家庭共济账户支付的就诊不计",
    "登记的门慢特就医",
    "产前检查（生育就医）",
    "机构未知：无法判定",
]
limits      = "A new disease under work-up and several diseases at once look alike; courses the table does not name are counted as visits. Who sat in the surgery is not known; the person stands for the card."
limits_zh   = "新发疾病的检查阶段、多病并存也会呈现相同情形；表中未列的分次治疗按普通门诊计。实际就诊者无法确定，此处以参保人代指其医保凭证。"
version     = "3"
sentence    = "{visit_days} visit days at {institutions} institutions in the month of {occurred_on}; this settlement {amount} yuan"
sentence_zh = "{occurred_on} 所在月门诊 {visit_days} 天、{institutions} 家机构，本次 {amount} 元"

[params.max_days]
value   = 15
unit    = "days"
meaning = "visit days in a month that are let pass"

[params.max_institutions]
value   = 5
unit    = "institutions"
meaning = "fewer institutions visited in a month are let pass"
*/
with drug_or_examination as (
    select distinct settlement_id
    from feature.fee_line
    where care_setting in ('outpatient', 'emergency')
        and (catalogue_type <> '201' or fee_category in ('03', '04'))
),

visit as (
    select s.settlement_id, s.encounter_id, s.person_id, s.institution_id, s.settled_on, s.month, s.eligible_amount,
        s.fund_amount, s.is_pharmacy is null and s.institution_id is null as is_place_unknown,
        case when d.settlement_id is null then 0 else 1 end as is_counted, c.treatment, c.max_days
    from feature.settlement as s
    left join drug_or_examination as d on d.settlement_id = s.settlement_id
    left join feature.serial_visit as c on c.settlement_id = s.settlement_id
    where s.care_setting in ('outpatient', 'emergency') and not coalesce(s.is_family_money, false)
),

-- The days that a course takes beyond its first, at one institution, each of them a day without any other visit.
plain_day as (
    select distinct person_id, month, settled_on from visit where is_counted = 1 and treatment is null
),

course as (
    select v.person_id, v.month, v.institution_id, v.treatment,
        least(count(distinct v.settled_on), coalesce(max(v.max_days), 366)) - 1 as days_within
    from visit as v
    left join plain_day as p
        on p.person_id = v.person_id and p.month = v.month and p.settled_on = v.settled_on
    where v.is_counted = 1 and v.treatment is not null and p.person_id is null
    group by v.person_id, v.month, v.institution_id, v.treatment
),

spent as (
    select person_id, month, sum(days_within) as days_within from course group by person_id, month
),

daily as (
    select person_id, month, count(distinct case when not is_place_unknown then settled_on end) as visit_days,
        count(distinct institution_id) as institutions,
        sum(case when is_place_unknown then 0 else fund_amount end) as fund_amount,
        count(distinct settled_on) as most_days, sum(fund_amount) as most_fund_amount,
        count(distinct institution_id) + sum(case when institution_id is null then 1 else 0 end) as most_institutions
    from visit
    where is_counted = 1
    group by person_id, month
),

monthly as (
    select d.person_id, d.month, d.institutions, d.fund_amount, d.most_fund_amount, d.most_institutions,
        greatest(d.visit_days - coalesce(s.days_within, 0), 0) as visit_days,
        greatest(d.most_days - coalesce(s.days_within, 0), 0) as most_days
    from daily as d
    left join spent as s on s.person_id = d.person_id and s.month = d.month
)

select
    case
        when v.person_id is null then 'cannot_judge'
        when v.is_counted = 1 and (v.treatment is null or v.max_days is not null) and not v.is_place_unknown
            and m.fund_amount > 0
            and (m.visit_days > $max_days or m.institutions >= $max_institutions) then 'hit'
        when v.is_counted = 1 and (v.treatment is null or v.max_days is not null) and m.most_fund_amount > 0
            and (m.most_days > $max_days or m.most_institutions >= $max_institutions) then 'cannot_judge'
        else 'clear'
    end as outcome,
    case when v.person_id is null then 'the person is unknown' else 'the institution is unknown' end as reason,
    v.settlement_id,
    cast(null as varchar) as line_id,
    v.encounter_id,
    v.person_id,
    v.institution_id,
    cast(null as varchar) as practitioner_id,
    v.settled_on as occurred_on,
    v.eligible_amount as amount,
    m.visit_days,
    m.institutions
from visit as v
left join monthly as m on m.person_id = v.person_id and m.month = v.month
