-- One row: one medical institution (no drugstore) over the whole window, what the indicators are made of and
--     the indicators; high is suspicious in every indicator, null where its denominator is zero or unknown.
-- settlements, persons, stays, visits, visitors: counts; a visit is a settlement outside hospital stays, a
--     visitor a person with one
-- eligible_amount, inpatient_amount, visit_amount: eligible yuan, all, of stays, outside stays; the last two and
--     the amounts and shares of lines below leave negotiated drugs (谈判药) out, as the official shares of drugs and costs
--     of a case do by policy, for their price is the nation's and their use the illness's
-- structure_amount: eligible yuan of the fee lines of stays, the whole of the six shares below
-- drug_amount, exam_amount, material_amount, treatment_amount: its parts for drugs, examination and laboratory,
--     consumables, treatment
-- ct_amount, mri_amount: its parts for computed tomography and magnetic resonance
-- ended_stays, nights: stays that ended, and their nights
-- short_stays: ended stays of one or two nights
-- idle_stays: stays without any line for examination, laboratory, treatment or operation
-- charged_days, idle_days: days inside stays with a fee line; those on which nothing was done (stay_day's is_bare)
-- repeated_stays: stays that began within 15 days of the person's last stay there, expected ones left out
-- weekend_stays: stays that began on Saturday or Sunday
-- visit_lines: fee lines outside stays
-- repeated_bills: visits, but those of a course, whose exact amount the person had there on another day
-- shared_bills: visits whose exact amount another person had there on the same day
-- round_bills: visits, but those of a course, of whole tens of yuan, some of it the funds'
-- night_bills, clocked_visits: visits but emergencies and courses from 22 to 6 o'clock, and those with a time of day
-- top_tenth_amount: eligible yuan of the tenth of its persons who cost most
-- away_visits: visits of persons insured outside the home prefecture, where most of the record's are insured
-- bed_nights: nights that the approved beds offer in the window, null without approved beds
-- priced_amount, median_price_amount, priced_lines: yuan of the items that five institutions or more sold in the
--     month, the same quantities at the median institution's price, and their lines
-- amount_per_stay, amount_per_visit: eligible yuan a stay, a visit; high: dear
-- nights_per_stay: nights; high: long
-- drug_share, exam_share, material_share, treatment_share: of structure_amount, 0 to 1; high: one-sided
-- ct_share, mri_share: of structure_amount, 0 to 1; high: many large examinations
-- short_stay_share: of ended stays; high: stays that may not have been needed
-- idle_stay_share: of stays; high: little was done
-- idle_day_share: of charged days; high: beds paid for while nothing was done
-- repeated_stay_share: of stays; high: stays may have been split
-- weekend_stay_share: of stays; high: unusual admission days
-- stays_per_person: stays a person seen; high: admits readily
-- visits_per_person: visits a person seen outside stays; high: sends for often
-- lines_per_visit: fee lines a visit; high: many items
-- repeated_bill_share, shared_bill_share: of visits; high: bills from a template
-- round_bill_share: of visits; high: amounts made up
-- night_bill_share: of clocked_visits; high: settled when nobody is there
-- top_tenth_share: of eligible_amount, 0 to 1; high: few persons carry the money
-- away_visit_share: of visits; high: persons from elsewhere
-- bed_use: nights over bed_nights; high: more than the beds hold
-- price_index: priced_amount over median_price_amount; high: dear
with
-- Where most settlements are insured: the prefecture whose export this is.
home as (
    select prefecture
    from (
        select substr(insured_division, 1, 4) as prefecture,
            row_number() over (order by count(*) desc, substr(insured_division, 1, 4)) as place
        from feature.settlement
        group by substr(insured_division, 1, 4)
    ) as candidates
    where place = 1
),

negotiated as (
    select distinct settlement_id, encounter_id, line_id from record.fee_line where is_negotiated_drug
),

negotiated_amount as (
    select l.settlement_id, sum(l.eligible_amount) as amount
    from feature.fee_line as l
    join negotiated as n
        on n.settlement_id = l.settlement_id and n.encounter_id = l.encounter_id and n.line_id = l.line_id
    group by l.settlement_id
),

-- Courses come at the same hour for the same amount wherever they are given; so do antenatal care and check-ups.
settled as (
    select s.*, s.eligible_amount - coalesce(n.amount, 0) as own_amount,
        coalesce(e.is_in_course, false) or coalesce(b.is_course or b.is_series, false)
        or coalesce(s.care_setting in ('maternity_outpatient', 'check_up'), false) as is_in_course
    from feature.settlement as s
    left join feature.encounter as e on e.encounter_id = s.encounter_id
    left join feature.visit_bill as b on b.settlement_id = s.settlement_id
    left join negotiated_amount as n on n.settlement_id = s.settlement_id
),

paid as (
    select institution_id, count(*) as settlements, count(distinct person_id) as persons,
        sum(eligible_amount) as eligible_amount,
        sum(case when care_setting = 'inpatient' then own_amount else 0 end) as inpatient_amount,
        sum(case when care_setting = 'inpatient' then 0 else own_amount end) as visit_amount,
        sum(case when care_setting = 'inpatient' then 0 else 1 end) as visits,
        count(distinct case when care_setting = 'inpatient' then null else person_id end) as visitors,
        sum(case when care_setting = 'inpatient' or is_in_course then 0
            when total_amount % 10 = 0 and coalesce(fund_amount, 1) <> 0 then 1 else 0 end) as round_bills,
        sum(case when coalesce(care_setting, '-') not in ('inpatient', 'emergency')
            and has_clock then 1 else 0 end) as clocked_visits,
        sum(case when coalesce(care_setting, '-') not in ('inpatient', 'emergency')
            and has_clock and not is_in_course
            and (hour(settled_at) >= 22 or hour(settled_at) < 6) then 1 else 0 end) as night_bills,
        sum(case when care_setting = 'inpatient' then 0
            when substr(insured_division, 1, 4) <> h.prefecture then 1 else 0 end) as away_visits
    from settled
    cross join home as h
    where not is_pharmacy and institution_id is not null
    group by institution_id
),

span as (
    select date_diff('day', min(settled_on), max(settled_on)) + 1 as days
    from feature.settlement
),

-- Bills that repeat: the same person on another day, another person on the same day.
bill_day as (
    select institution_id, total_amount, settled_on, person_id, count(*) as bills
    from settled
    where not is_pharmacy and not is_in_course and coalesce(care_setting, '-') <> 'inpatient'
    group by institution_id, total_amount, settled_on, person_id
),

bill as (
    select institution_id, bills,
        count(*) over (partition by institution_id, total_amount, person_id) as days_of_person,
        count(*) over (partition by institution_id, total_amount, settled_on) as persons_of_day
    from bill_day
),

repeated as (
    select institution_id, sum(case when days_of_person > 1 then bills else 0 end) as repeated_bills,
        sum(case when persons_of_day > 1 then bills else 0 end) as shared_bills
    from bill
    group by institution_id
),

by_person as (
    select institution_id, person_id, sum(eligible_amount) as eligible_amount
    from feature.settlement
    where not is_pharmacy
    group by institution_id, person_id
),

ordered as (
    select institution_id, eligible_amount,
        row_number() over (partition by institution_id order by eligible_amount desc, person_id) as place,
        count(*) over (partition by institution_id) as persons
    from by_person
),

top as (
    select institution_id, sum(eligible_amount) as top_tenth_amount
    from ordered
    where place <= ceil(persons / 10.0)
    group by institution_id
),

sequence as (
    select e.*, lag(e.ended_on) over (
            partition by e.person_id, e.institution_id order by e.started_on, e.encounter_id
        ) as left_on
    from feature.encounter as e
    where e.is_inpatient
),

stay as (
    select s.institution_id, count(*) as stays, count(s.days) as ended_stays, sum(s.days) as nights,
        sum(case when s.days <= 2 then 1 else 0 end) as short_stays,
        sum(case when date_diff('day', s.left_on, s.started_on) between 0 and 15
            and not x.is_exception and not coalesce(s.is_continued, false)
            and not coalesce(s.is_day_care, false) then 1 else 0 end) as repeated_stays,
        sum(case when ((date_diff('day', date '2000-01-03', s.started_on) % 7) + 7) % 7 >= 5
            then 1 else 0 end) as weekend_stays
    from sequence as s
    join feature.encounter_excuse as x on x.encounter_id = s.encounter_id
    group by s.institution_id
),

stay_worked as (
    select institution_id, encounter_id, sum(case when is_inside then 1 else 0 end) as charged_days,
        max(case when is_worked then 1 else 0 end) as is_worked,
        sum(case when is_bare then 1 else 0 end) as idle_days
    from feature.stay_day
    group by institution_id, encounter_id
),

idle as (
    select institution_id, sum(charged_days) as charged_days, sum(idle_days) as idle_days,
        sum(1 - is_worked) as idle_stays
    from stay_worked
    group by institution_id
),

line as (
    select institution_id,
        sum(case when care_setting = 'inpatient' then 0 else 1 end) as visit_lines,
        sum(case when care_setting = 'inpatient' then eligible_amount else 0 end) as structure_amount,
        sum(case when care_setting = 'inpatient' and fee_category in ('09', '10', '11')
            then eligible_amount else 0 end) as drug_amount,
        sum(case when care_setting = 'inpatient' and fee_category in ('03', '04')
            then eligible_amount else 0 end) as exam_amount,
        sum(case when care_setting = 'inpatient' and fee_category = '08'
            then eligible_amount else 0 end) as material_amount,
        sum(case when care_setting = 'inpatient' and fee_category = '05'
            then eligible_amount else 0 end) as treatment_amount,
        sum(case when care_setting = 'inpatient' and fee_category in ('03', '05')
            and regexp_matches(item_name, 'CT|计算机体层') then eligible_amount else 0 end) as ct_amount,
        sum(case when care_setting = 'inpatient' and fee_category in ('03', '05')
            and regexp_matches(item_name, '磁共振|MRI|核磁') then eligible_amount else 0 end) as mri_amount
    from feature.fee_line as l
    where not is_pharmacy and not exists (
        select 1 from negotiated as n
        where n.settlement_id = l.settlement_id and n.encounter_id = l.encounter_id and n.line_id = l.line_id
    )
    group by institution_id
),

market as (
    select item_code, month, quantile_cont(cast(median_price as double), 0.5) as price
    from feature.item_price_month
    where not is_pharmacy
    group by item_code, month
    having count(*) >= 5
),

priced as (
    select p.institution_id, sum(p.lines) as priced_lines, sum(p.amount) as priced_amount,
        cast(sum(cast(cast(p.quantity as double) * m.price as decimal(18, 4))) as double) as median_price_amount
    from feature.item_price_month as p
    join market as m on m.item_code = p.item_code and m.month = p.month
    where not p.is_pharmacy
    group by p.institution_id
),

counted as (
    select p.*, coalesce(s.stays, 0) as stays, coalesce(s.ended_stays, 0) as ended_stays,
        coalesce(s.nights, 0) as nights, coalesce(s.short_stays, 0) as short_stays,
        coalesce(i.idle_stays, 0) as idle_stays, coalesce(i.charged_days, 0) as charged_days,
        coalesce(i.idle_days, 0) as idle_days, coalesce(s.repeated_stays, 0) as repeated_stays,
        coalesce(s.weekend_stays, 0) as weekend_stays, coalesce(l.visit_lines, 0) as visit_lines,
        coalesce(l.structure_amount, 0) as structure_amount, coalesce(l.drug_amount, 0) as drug_amount,
        coalesce(l.exam_amount, 0) as exam_amount, coalesce(l.material_amount, 0) as material_amount,
        coalesce(l.treatment_amount, 0) as treatment_amount,
        coalesce(l.ct_amount, 0) as ct_amount, coalesce(l.mri_amount, 0) as mri_amount,
        coalesce(r.repeated_bills, 0) as repeated_bills,
        coalesce(r.shared_bills, 0) as shared_bills, t.top_tenth_amount,
        nullif(h.approved_beds, 0) * w.days as bed_nights, coalesce(m.priced_lines, 0) as priced_lines,
        m.priced_amount, m.median_price_amount
    from paid as p
    cross join span as w
    left join feature.institution as h on h.institution_id = p.institution_id
    left join stay as s on s.institution_id = p.institution_id
    left join idle as i on i.institution_id = p.institution_id
    left join line as l on l.institution_id = p.institution_id
    left join repeated as r on r.institution_id = p.institution_id
    left join top as t on t.institution_id = p.institution_id
    left join priced as m on m.institution_id = p.institution_id
)

select
    institution_id, settlements, persons, visitors, stays, visits, clocked_visits, ended_stays, nights, short_stays,
    idle_stays, charged_days, idle_days, repeated_stays, weekend_stays, visit_lines, repeated_bills, shared_bills,
    round_bills, night_bills, away_visits, bed_nights, priced_lines,
    cast(eligible_amount as decimal(16, 2)) as eligible_amount,
    cast(inpatient_amount as decimal(16, 2)) as inpatient_amount,
    cast(visit_amount as decimal(16, 2)) as visit_amount,
    cast(structure_amount as decimal(16, 2)) as structure_amount,
    cast(drug_amount as decimal(16, 2)) as drug_amount,
    cast(exam_amount as decimal(16, 2)) as exam_amount,
    cast(material_amount as decimal(16, 2)) as material_amount,
    cast(treatment_amount as decimal(16, 2)) as treatment_amount,
    cast(ct_amount as decimal(16, 2)) as ct_amount,
    cast(mri_amount as decimal(16, 2)) as mri_amount,
    cast(top_tenth_amount as decimal(16, 2)) as top_tenth_amount,
    cast(priced_amount as decimal(16, 2)) as priced_amount,
    cast(median_price_amount as decimal(16, 2)) as median_price_amount,
    cast(inpatient_amount as double) / nullif(stays, 0) as amount_per_stay,
    cast(visit_amount as double) / nullif(visits, 0) as amount_per_visit,
    cast(nights as double) / nullif(ended_stays, 0) as nights_per_stay,
    cast(drug_amount as double) / nullif(cast(structure_amount as double), 0) as drug_share,
    cast(exam_amount as double) / nullif(cast(structure_amount as double), 0) as exam_share,
    cast(material_amount as double) / nullif(cast(structure_amount as double), 0) as material_share,
    cast(treatment_amount as double) / nullif(cast(structure_amount as double), 0) as treatment_share,
    cast(ct_amount as double) / nullif(cast(structure_amount as double), 0) as ct_share,
    cast(mri_amount as double) / nullif(cast(structure_amount as double), 0) as mri_share,
    cast(short_stays as double) / nullif(ended_stays, 0) as short_stay_share,
    cast(idle_stays as double) / nullif(stays, 0) as idle_stay_share,
    cast(idle_days as double) / nullif(charged_days, 0) as idle_day_share,
    cast(repeated_stays as double) / nullif(stays, 0) as repeated_stay_share,
    cast(weekend_stays as double) / nullif(stays, 0) as weekend_stay_share,
    cast(stays as double) / nullif(persons, 0) as stays_per_person,
    cast(visits as double) / nullif(visitors, 0) as visits_per_person,
    cast(visit_lines as double) / nullif(visits, 0) as lines_per_visit,
    cast(repeated_bills as double) / nullif(visits, 0) as repeated_bill_share,
    cast(shared_bills as double) / nullif(visits, 0) as shared_bill_share,
    cast(round_bills as double) / nullif(visits, 0) as round_bill_share,
    cast(night_bills as double) / nullif(clocked_visits, 0) as night_bill_share,
    cast(top_tenth_amount as double) / nullif(cast(eligible_amount as double), 0) as top_tenth_share,
    cast(away_visits as double) / nullif(visits, 0) as away_visit_share,
    cast(nights as double) / nullif(bed_nights, 0) as bed_use,
    cast(priced_amount as double) / nullif(cast(median_price_amount as double), 0) as price_index
from counted
