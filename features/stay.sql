-- One row: one stay in hospital, with what was done in it, what went on around it, and whom it is compared with.
-- age_band: 0 (under 1), 1, 15, 30, 45, 60, 75: the youngest of the band; null unknown
-- chapter: chapter of the principal diagnosis by ICD-10 blocks, '-' unknown
-- stratum: age band, sex and chapter, the mix that expected values are made of
-- days: nights; null while in hospital
-- is_expected: its encounter_excuse's
-- is_bed_day_paid, is_case_paid, is_sent_on, is_died, is_sent_home: the encounter's
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
-- charged_amount: eligible yuan of the fee lines
-- exam_share, care_share: of charged_amount
-- exam_kinds: different examination and laboratory items, by code, else by name
-- drug_lines, formed_drug_lines: lines of Western and Chinese patent medicines; those with a dosage form
-- injections: those for injection, by the dosage form, else by the name
-- is_operated: a line of an operation, or a coded procedure: the encounter's
-- charged_days: days inside the stay, but the last, with a charge
-- busiest_share: share of the stay's lines on its busiest day
-- visits_elsewhere: settlements with fund money of the person at other institutions strictly inside the stay, none
--     of them a stay or one of a course (dialysis, radiotherapy): those go on wherever the person lies
-- left_on, left_institution_id: end and place of the person's stay before
-- was_sent_on: that stay left for another hospital or an institution of the community
-- next_on, next_institution_id: start and place of the next
-- is_next_continued: the next is this stay going on
-- level_step: 1 up, -1 down, 0 the same level, from a stay elsewhere that ended within a day: the encounter's
-- around_amount, own_around_amount: yuan settled outside stays from 3 days before to 3 days after it, anywhere and
--     at the same institution, but for courses and the emergency that led into the stay
with line as (
    select l.encounter_id, count(*) as lines, sum(l.eligible_amount) as charged_amount,
        sum(case when l.fee_category is null then 1 else 0 end) as unsorted_lines,
        sum(case when l.fee_category in ('03', '04') then l.eligible_amount else 0 end) as exam_amount,
        sum(case when l.fee_category in ('05', '06', '09', '10', '11') then l.eligible_amount else 0 end)
            as care_amount,
        sum(case when l.fee_category in ('09', '10', '11') then l.eligible_amount else 0 end) as drug_amount,
        count(distinct case when l.fee_category in ('03', '04') then coalesce(l.item_code, l.item_name) end)
            as exam_kinds,
        sum(case when l.fee_category in ('09', '11') then 1 else 0 end) as drug_lines,
        count(case when l.fee_category in ('09', '11') then r.dosage_form end) as formed_drug_lines,
        sum(case when l.fee_category in ('09', '11') and coalesce(r.dosage_form, l.item_name) like '%注射%' then 1
            else 0 end) as injections,
        max(case when l.fee_category = '06' then 1 else 0 end) as is_operated
    from feature.fee_line as l
    left join record.fee_line as r on r.encounter_id = l.encounter_id and r.line_id = l.line_id
    where l.care_setting = 'inpatient' and l.encounter_id is not null
    group by l.encounter_id
),

worked as (
    select encounter_id, sum(case when is_inside then 1 else 0 end) as charged_days,
        cast(max(lines) as double) / nullif(sum(lines), 0) as busiest_share
    from feature.stay_day
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
    left join record.settlement as r on r.settlement_id = s.settlement_id
    where s.care_setting = 'inpatient'
    group by s.encounter_id
),

sequence as (
    select e.*, x.is_expected, x.is_bed_day_paid, x.is_case_paid, x.is_sent_on, x.is_died, x.is_sent_home,
        lag(e.ended_on) over (partition by e.person_id order by e.started_on, e.encounter_id) as left_on,
        lag(e.institution_id) over (partition by e.person_id order by e.started_on, e.encounter_id)
            as left_institution_id,
        lag(x.is_sent_on) over (partition by e.person_id order by e.started_on, e.encounter_id) as was_sent_on,
        lead(e.started_on) over (partition by e.person_id order by e.started_on, e.encounter_id) as next_on,
        lead(e.institution_id) over (partition by e.person_id order by e.started_on, e.encounter_id)
            as next_institution_id,
        lead(e.is_continued) over (partition by e.person_id order by e.started_on, e.encounter_id)
            as is_next_continued
    from feature.encounter as e
    join feature.encounter_excuse as x on x.encounter_id = e.encounter_id
    where e.is_inpatient
),

joined as (
    select s.*, p.sex, p.age_years, p.self_paid_amount,
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
    j.is_bed_day_paid,
    j.is_case_paid,
    j.discharge_way,
    j.is_sent_on,
    j.is_died,
    j.is_sent_home,
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
    cast(coalesce(l.charged_amount, 0) as decimal(16, 2)) as charged_amount,
    cast(coalesce(l.exam_amount, 0) as decimal(16, 2)) as exam_amount,
    cast(coalesce(l.care_amount, 0) as decimal(16, 2)) as care_amount,
    cast(coalesce(l.drug_amount, 0) as decimal(16, 2)) as drug_amount,
    cast(l.exam_amount as double) / nullif(cast(l.charged_amount as double), 0) as exam_share,
    cast(l.care_amount as double) / nullif(cast(l.charged_amount as double), 0) as care_share,
    coalesce(l.exam_kinds, 0) as exam_kinds,
    coalesce(l.drug_lines, 0) as drug_lines,
    coalesce(l.formed_drug_lines, 0) as formed_drug_lines,
    coalesce(l.injections, 0) as injections,
    coalesce(l.is_operated, 0) = 1 or coalesce(j.is_operated, false) as is_operated,
    coalesce(w.charged_days, 0) as charged_days,
    w.busiest_share,
    coalesce(a.visits_elsewhere, 0) as visits_elsewhere,
    j.left_on,
    j.left_institution_id,
    coalesce(j.was_sent_on, false) as was_sent_on,
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
