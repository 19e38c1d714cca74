-- One row: one stay in hospital, with what was done in it, what went on around it, and whom it is compared with.
-- age_band: 0 (under 1), 1, 15, 30, 45, 60, 75: the youngest of the band; null unknown
-- chapter: chapter of the principal diagnosis by ICD-10 blocks, '-' unknown
-- stratum: age band, sex and chapter, the mix that expected values are made of
-- days: nights; null while in hospital
-- is_expected: a diagnosis treated in courses, a pregnancy, a newborn, a mental disorder (admission_exception), or a
--     course told by its items (course_sign)
-- is_emergency_start, is_continued, is_cut, is_transferred_in: the encounter's
-- is_ward_day: day surgery or day care: the encounter's is_day_care
-- is_holiday_start: begun on a public holiday or a weekend that was not worked; null where the year's arrangement is not
--     known (feature.calendar_day)
-- eligible_amount, total_amount, self_paid_amount: yuan of the stay, self_paid outside the catalogue
-- lines: fee lines
-- unsorted_lines: fee lines without fee category
-- exam_amount: eligible yuan of examination and laboratory
-- care_amount: eligible yuan of treatment, operation and drugs
-- drug_amount: eligible yuan of drugs
-- exam_kinds: different examination and laboratory items
-- injections: drug lines for injection, by the name
-- is_operated: a line of an operation, or a coded procedure: the encounter's
-- charged_days: days inside the stay, but the last, with a charge
-- idle_days: charged days with bed, nursing, ward rounds and other charges up to five yuan only
-- busiest_share: share of the stay's lines on its busiest day
-- visits_elsewhere: settlements with fund money of the person at other institutions strictly inside the stay, none
--     of them a stay or one of a course (dialysis, radiotherapy): those go on wherever the person lies
-- left_on, left_institution_id, left_discharge_way: end, place and way of leaving of the person's stay before
-- next_on, next_institution_id: start and place of the next
-- is_next_continued: the next is this stay going on
-- level_step: 1 up, -1 down, 0 the same level, from a stay elsewhere that ended within a day: the encounter's
-- around_amount, own_around_amount: yuan settled outside stays from 3 days before to 3 days after it, anywhere and
--     at the same institution, but for courses and the emergency that led into the stay
with line as (
    select encounter_id, count(*) as lines, sum(case when fee_category is null then 1 else 0 end) as unsorted_lines,
        sum(case when fee_category in ('03', '04') then eligible_amount else 0 end) as exam_amount,
        sum(case when fee_category in ('05', '06', '09', '10', '11') then eligible_amount else 0 end) as care_amount,
        sum(case when fee_category in ('09', '10', '11') then eligible_amount else 0 end) as drug_amount,
        count(distinct case when fee_category in ('03', '04') then item_code end) as exam_kinds,
        sum(case when fee_category in ('09', '11') and item_name like '%注射%' then 1 else 0 end) as injections,
        max(case when fee_category = '06' then 1 else 0 end) as is_operated
    from feature.fee_line
    where care_setting = 'inpatient' and encounter_id is not null
    group by encounter_id
),

day as (
    select l.encounter_id, l.charged_on, count(*) as lines,
        max(case when l.charged_on >= e.started_on and l.charged_on < e.ended_on then 1 else 0 end) as is_inside,
        max(case when l.fee_category = '01' then 1 else 0 end) as has_bed,
        sum(case when coalesce(l.fee_category, '') in ('01', '02', '07', '12', '13') or l.is_take_home then 0
            else l.amount end) as active_amount
    from feature.fee_line as l
    join feature.encounter as e on e.encounter_id = l.encounter_id
    where e.is_inpatient
    group by l.encounter_id, l.charged_on
),

worked as (
    select encounter_id, sum(is_inside) as charged_days,
        sum(case when is_inside = 1 and has_bed = 1 and active_amount <= 5 then 1 else 0 end) as idle_days,
        cast(max(lines) as double) / nullif(sum(lines), 0) as busiest_share
    from day
    group by encounter_id
),

visit as (
    select v.person_id, v.institution_id, v.started_on, v.total_amount, v.fund_amount,
        coalesce(v.care_setting = 'emergency', false) as is_emergency
    from feature.settlement as v
    left join feature.encounter as e on e.encounter_id = v.encounter_id
    where coalesce(v.care_setting, '-') <> 'inpatient' and v.person_id is not null
        and not coalesce(e.is_in_course, false)
),

around as (
    select e.encounter_id,
        sum(case when v.institution_id <> e.institution_id and v.started_on > e.started_on
            and v.started_on < e.ended_on and v.fund_amount > 0 then 1 else 0 end) as visits_elsewhere,
        sum(v.total_amount) as around_amount,
        sum(case when v.institution_id = e.institution_id then v.total_amount else 0 end) as own_around_amount
    from feature.encounter as e
    join visit as v on v.person_id = e.person_id
    where e.is_inpatient and date_diff('day', v.started_on, e.started_on) <= 3
        and date_diff('day', e.ended_on, v.started_on) <= 3 and not (v.is_emergency and v.started_on <= e.started_on)
    group by e.encounter_id
),

paid as (
    select s.encounter_id, max(s.age_years) as age_years, max(s.sex) as sex,
        sum(coalesce(r.self_paid_amount, 0)) as self_paid_amount
    from feature.settlement as s
    join record.settlement as r on r.settlement_id = s.settlement_id
    where s.care_setting = 'inpatient'
    group by s.encounter_id
),

expected as (
    select distinct c.principal_diagnosis_code
    from (select distinct principal_diagnosis_code from feature.encounter where is_inpatient) as c
    join knowledge.admission_exception as k
        on substr(c.principal_diagnosis_code, 1, length(k.diagnosis_prefix)) = k.diagnosis_prefix
),

sequence as (
    select e.*,
        lag(e.ended_on) over (partition by e.person_id order by e.started_on, e.encounter_id) as left_on,
        lag(e.institution_id) over (partition by e.person_id order by e.started_on, e.encounter_id)
            as left_institution_id,
        lag(e.discharge_way) over (partition by e.person_id order by e.started_on, e.encounter_id)
            as left_discharge_way,
        lead(e.started_on) over (partition by e.person_id order by e.started_on, e.encounter_id) as next_on,
        lead(e.institution_id) over (partition by e.person_id order by e.started_on, e.encounter_id)
            as next_institution_id,
        lead(e.is_continued) over (partition by e.person_id order by e.started_on, e.encounter_id)
            as is_next_continued
    from feature.encounter as e
    where e.is_inpatient
),

joined as (
    select s.*, p.sex, p.age_years, p.self_paid_amount,
        x.principal_diagnosis_code is not null or coalesce(s.is_in_course, false)
            as is_expected,
        coalesce(s.is_day_care, false) as is_ward_day,
        f.is_rest as is_holiday_start,
        case
            when p.age_years < 1 then '0' when p.age_years < 15 then '1' when p.age_years < 30 then '15'
            when p.age_years < 45 then '30' when p.age_years < 60 then '45' when p.age_years < 75 then '60'
            when p.age_years >= 75 then '75'
        end as age_band,
        case
            when s.principal_diagnosis_code is null then '-'
            when substr(s.principal_diagnosis_code, 1, 1) in ('A', 'B') then 'A'
            when substr(s.principal_diagnosis_code, 1, 1) = 'C' or substr(s.principal_diagnosis_code, 1, 2) < 'D5'
                and substr(s.principal_diagnosis_code, 1, 1) = 'D' then 'C'
            when substr(s.principal_diagnosis_code, 1, 1) = 'H' and substr(s.principal_diagnosis_code, 1, 2) < 'H6'
                then 'H0'
            when substr(s.principal_diagnosis_code, 1, 1) in ('S', 'T') then 'S'
            when substr(s.principal_diagnosis_code, 1, 1) in ('V', 'W', 'X', 'Y') then 'V'
            else substr(s.principal_diagnosis_code, 1, 1)
        end as chapter
    from sequence as s
    left join paid as p on p.encounter_id = s.encounter_id
    left join expected as x on x.principal_diagnosis_code = s.principal_diagnosis_code
    left join feature.calendar_day as f on f.on_date = s.started_on
)

select
    j.encounter_id,
    j.person_id,
    j.institution_id,
    j.started_on,
    j.ended_on,
    j.days,
    j.department_code,
    j.attending_practitioner_id as practitioner_id,
    j.payment_method,
    j.discharge_way,
    j.principal_diagnosis_code as diagnosis_code,
    j.principal_diagnosis_name as diagnosis_name,
    j.sex,
    j.age_years,
    j.age_band,
    j.chapter,
    coalesce(j.age_band, '-') || '|' || coalesce(j.sex, '-') || '|' || j.chapter as stratum,
    j.is_expected,
    j.is_ward_day,
    j.is_holiday_start,
    coalesce(j.is_emergency_start, false) as is_emergency_start,
    coalesce(j.is_continued, false) as is_continued,
    coalesce(j.is_cut, false) as is_cut,
    coalesce(j.is_transferred_in, false) as is_transferred_in,
    j.eligible_amount,
    j.total_amount,
    cast(coalesce(j.self_paid_amount, 0) as decimal(16, 2)) as self_paid_amount,
    coalesce(l.lines, 0) as lines,
    coalesce(l.unsorted_lines, 0) as unsorted_lines,
    cast(coalesce(l.exam_amount, 0) as decimal(16, 2)) as exam_amount,
    cast(coalesce(l.care_amount, 0) as decimal(16, 2)) as care_amount,
    cast(coalesce(l.drug_amount, 0) as decimal(16, 2)) as drug_amount,
    coalesce(l.exam_kinds, 0) as exam_kinds,
    coalesce(l.injections, 0) as injections,
    coalesce(l.is_operated, 0) = 1 or coalesce(j.is_operated, false) as is_operated,
    coalesce(w.charged_days, 0) as charged_days,
    coalesce(w.idle_days, 0) as idle_days,
    w.busiest_share,
    coalesce(a.visits_elsewhere, 0) as visits_elsewhere,
    j.left_on,
    j.left_institution_id,
    j.left_discharge_way,
    j.next_on,
    j.next_institution_id,
    coalesce(j.is_next_continued, false) as is_next_continued,
    j.level_step,
    cast(coalesce(a.around_amount, 0) as decimal(16, 2)) as around_amount,
    cast(coalesce(a.own_around_amount, 0) as decimal(16, 2)) as own_around_amount
from joined as j
left join line as l on l.encounter_id = j.encounter_id
left join worked as w on w.encounter_id = j.encounter_id
left join around as a on a.encounter_id = j.encounter_id
