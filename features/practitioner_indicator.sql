-- One row: one practitioner over the whole window, what the indicators are made of and the indicators; high is
--     suspicious in every indicator, null where its denominator is zero. A visit is an encounter outside hospital
--     stays with a line ordered in the name, a stay one that the name attended; codes of zeros are nobody's.
-- institution_id: where most of the name's lines were ordered
-- department: where most of its visits and orders were: the national code, else what the institution calls it
-- lines, days, months: fee lines anywhere, and the days and months that have one
-- eligible_amount: eligible yuan of the lines
-- away_lines: at other institutions than institution_id
-- visits, persons, visit_days: visits, persons seen, days with a visit
-- person_days, busiest_day: persons a day, summed and the most
-- visit_lines, visit_amount: lines and eligible yuan of the visits
-- drug_amount: visit_amount for drugs and herbs
-- exam_amount, treatment_amount: visit_amount for examination and laboratory, for treatment
-- dear_amount: drug_amount of lines dearer a unit than nine tenths of all drug lines outside stays
-- known_amount, held_amount: drug_amount where the person's supply at home is known, and for 30 days left or more
-- clocked_visits, night_visits: visits but emergencies with a time of day, and those from 22 to 6 o'clock
-- rest_visits, planned_visits: visits but emergencies on holidays and unworked weekends, and on all days of years whose
--     holidays are known (feature.calendar_day)
-- repeated_visits: of an amount that the person had with the name on another day
-- shared_visits: of an amount that another person had with the name on the same day
-- round_visits: of whole tens of yuan
-- companion_visits: clocked and next to the same other person as on another day
-- roaming_visits: of persons who visit more institutions than nine tenths of persons do
-- ward_visits: of persons who lay in hospital that day elsewhere, first and last day of the stay left out
-- top_tenth_amount: visit_amount of the tenth of its persons who cost most
-- outside_visits, placed_visits: visits outside department, and visits whose department is known
-- purchases, top_store_purchases: drugstore purchases on the name's prescription where others sell the same, and
--     those at the store with most
-- stays, ended_stays, nights: stays attended, those that ended, their nights
-- inpatient_amount: eligible yuan of the stays
-- short_stays: ended stays of one or two nights, day wards left out
-- repeated_stays: begun within 15 days of the person's last stay there, expected ones left out
-- rest_stays: stays that began on a holiday or unworked weekend
-- charged_days, idle_days: days inside stays with a charge; those on which nothing was done (stay_day's is_bare)
-- exam_stay_amount: inpatient_amount for examination and laboratory
-- persons_per_day: persons a day with visits; high: more than one can see
-- busiest_ratio: busiest_day over persons_per_day; high: names handed in at once
-- days_per_month: days with orders a month with one; high: never rests
-- amount_per_visit, amount_per_person: eligible yuan outside stays; high: dear
-- lines_per_visit: fee lines a visit; high: many items
-- visits_per_person: visits a person; high: sends for often
-- away_line_share: of lines, 0 to 1; high: the name is used elsewhere
-- outside_share: of placed_visits, 0 to 1; high: the name is used by others
-- drug_share, exam_share, treatment_share: of visit_amount, 0 to 1; high: one-sided
-- dear_share: of drug_amount, 0 to 1; high: dear drugs
-- held_share: of known_amount, 0 to 1; high: prescribes what persons still have
-- night_share: of clocked_visits, 0 to 1; high: when nobody is there
-- rest_share: of planned_visits, 0 to 1; high: on days off
-- repeated_share, shared_share: of visits, 0 to 1; high: bills from a template
-- round_share: of visits, 0 to 1; high: amounts made up
-- companion_share: of clocked_visits, 0 to 1; high: persons brought along
-- roaming_share: of visits, 0 to 1; high: persons who go from place to place
-- ward_share: of visits, 0 to 1; high: persons who cannot have come
-- top_tenth_share: of visit_amount, 0 to 1; high: few persons carry the money
-- top_store_share: of purchases, 0 to 1; high: sends to one store
-- amount_per_stay, nights_per_stay: eligible yuan and nights; high: dear, long
-- short_stay_share: of ended_stays, 0 to 1; high: stays that may not have been needed
-- repeated_stay_share, rest_stay_share: of stays, 0 to 1; high: split stays, unusual days
-- idle_day_share: of charged_days, 0 to 1; high: beds paid for while nothing was done
-- exam_stay_share: of inpatient_amount, 0 to 1; high: stays for examinations
with line as (
    select l.practitioner_id, l.institution_id, l.encounter_id, l.person_id, l.charged_on, l.charged_at, l.has_clock,
        l.care_setting, l.item_name, l.catalogue_type, l.fee_category, l.unit_price, l.amount, l.eligible_amount,
        case when regexp_matches(l.department_code, '^A[0-9]{2}') then l.department_code
            else coalesce(d.department_name, l.department_code) end as department
    from feature.fee_line as l
    left join feature.department as d
        on d.institution_id = l.institution_id and d.department_code = l.department_code
    where l.practitioner_id is not null and not l.is_pharmacy and l.institution_id is not null
        and not regexp_matches(l.practitioner_id, '^[A-Za-z]{0,2}(0+|9{6,})$')
),

worked as (
    select practitioner_id, count(*) as lines, count(distinct charged_on) as days,
        count(distinct date_trunc('month', charged_on)) as months, sum(eligible_amount) as eligible_amount
    from line
    group by practitioner_id
),

house as (
    select practitioner_id, institution_id, count(*) as lines,
        row_number() over (partition by practitioner_id order by count(*) desc, institution_id) as place
    from line
    group by practitioner_id, institution_id
),

-- Orders of a stay are many a day: a department counts by its encounters.
ward as (
    select practitioner_id, department,
        row_number() over (
            partition by practitioner_id order by count(distinct encounter_id) desc, department
        ) as place
    from line
    where department is not null
    group by practitioner_id, department
),

dear as (
    select quantile_cont(cast(unit_price as double), 0.9) as unit_price
    from feature.fee_line
    where fee_category in ('09', '10', '11') and not is_pharmacy and coalesce(care_setting, '-') <> 'inpatient'
),

visit_line as (
    select l.*, l.fee_category in ('09', '10', '11') as is_drug, s.left_days
    from line as l
    left join feature.drug_supply as s
        on s.person_id = l.person_id and s.drug = l.item_name and s.charged_on = l.charged_on
        and l.catalogue_type = '101'
    where coalesce(l.care_setting, '-') <> 'inpatient' and l.encounter_id is not null
),

visit as (
    select l.practitioner_id, l.encounter_id, min(l.person_id) as person_id, min(l.charged_on) as visited_on,
        min(case when l.has_clock then l.charged_at end) as visited_at, min(l.department) as department,
        max(case when l.care_setting = 'emergency' then 1 else 0 end) as is_emergency, count(*) as lines,
        min(l.institution_id) as institution_id, sum(l.amount) as amount, sum(l.eligible_amount) as eligible_amount,
        sum(case when l.is_drug then l.eligible_amount else 0 end) as drug_amount,
        sum(case when l.is_drug and l.unit_price > d.unit_price then l.eligible_amount else 0 end) as dear_amount,
        sum(case when l.left_days is not null then l.eligible_amount else 0 end) as known_amount,
        sum(case when l.left_days >= 30 then l.eligible_amount else 0 end) as held_amount,
        sum(case when l.fee_category in ('03', '04') then l.eligible_amount else 0 end) as exam_amount,
        sum(case when l.fee_category = '05' then l.eligible_amount else 0 end) as treatment_amount
    from visit_line as l
    cross join dear as d
    group by l.practitioner_id, l.encounter_id
),

went as (
    select person_id, count(distinct institution_id) as institutions
    from feature.settlement
    where not is_pharmacy and coalesce(care_setting, '-') <> 'inpatient'
    group by person_id
),

usual as (
    select quantile_cont(cast(institutions as double), 0.9) as institutions
    from went
),

-- One treatment again and again has one price.
in_series as (
    select distinct encounter_id from feature.visit_bill where is_series and encounter_id is not null
),

in_ward as (
    select distinct v.practitioner_id, v.encounter_id
    from visit as v
    join feature.encounter as e
        on e.person_id = v.person_id and e.is_inpatient and e.institution_id <> v.institution_id
        and v.visited_on > e.started_on and (v.visited_on < e.ended_on or e.is_in_hospital)
),

-- The person seen just before, of visits with a time of day: a pair that comes back on another day came together.
behind as (
    select practitioner_id, encounter_id, person_id, visited_on, visited_at,
        lag(person_id) over (
            partition by practitioner_id, visited_on order by visited_at, encounter_id
        ) as person_before
    from visit
    where visited_at is not null
),

met as (
    select practitioner_id, encounter_id, visited_on, visited_at,
        count(*) over (
            partition by practitioner_id, least(person_id, person_before), greatest(person_id, person_before)
        ) > count(*) over (
            partition by practitioner_id, visited_on, least(person_id, person_before),
                greatest(person_id, person_before)
        ) and person_id <> person_before as is_behind
    from behind
),

company as (
    select practitioner_id, encounter_id,
        coalesce(is_behind, false) or coalesce(lead(is_behind) over (
            partition by practitioner_id, visited_on order by visited_at, encounter_id
        ), false) as is_companion
    from met
),

bill as (
    select v.*, coalesce(m.is_companion, false) as is_companion, w.institutions > u.institutions as is_roaming,
        i.encounter_id is not null as is_ward, n.encounter_id is not null as is_series,
        f.is_rest as is_rest_day,
        count(*) over (partition by v.practitioner_id, v.amount, v.person_id) as times,
        count(*) over (partition by v.practitioner_id, v.amount, v.person_id, v.visited_on) as times_of_day,
        count(*) over (partition by v.practitioner_id, v.amount, v.visited_on) as bills_of_day
    from visit as v
    cross join usual as u
    left join company as m on m.practitioner_id = v.practitioner_id and m.encounter_id = v.encounter_id
    left join went as w on w.person_id = v.person_id
    left join in_ward as i on i.practitioner_id = v.practitioner_id and i.encounter_id = v.encounter_id
    left join in_series as n on n.encounter_id = v.encounter_id
    left join feature.calendar_day as f on f.on_date = v.visited_on
),

seen as (
    select b.practitioner_id, count(*) as visits, count(distinct b.person_id) as persons,
        sum(b.lines) as visit_lines, sum(b.eligible_amount) as visit_amount, sum(b.drug_amount) as drug_amount,
        sum(b.dear_amount) as dear_amount, sum(b.known_amount) as known_amount, sum(b.held_amount) as held_amount,
        sum(b.exam_amount) as exam_amount, sum(b.treatment_amount) as treatment_amount,
        sum(case when b.visited_at is not null and b.is_emergency = 0 then 1 else 0 end) as clocked_visits,
        sum(case when b.is_emergency = 0 and (hour(b.visited_at) >= 22 or hour(b.visited_at) < 6)
            then 1 else 0 end) as night_visits,
        sum(case when b.is_rest_day is not null then 1 - b.is_emergency else 0 end) as planned_visits,
        sum(case when b.is_rest_day and b.is_emergency = 0 then 1 else 0 end) as rest_visits,
        sum(case when b.times > b.times_of_day and not b.is_series then 1 else 0 end) as repeated_visits,
        sum(case when b.bills_of_day > b.times_of_day then 1 else 0 end) as shared_visits,
        sum(case when b.amount % 10 = 0 and not b.is_series then 1 else 0 end) as round_visits,
        sum(case when b.is_companion and b.is_emergency = 0 then 1 else 0 end) as companion_visits,
        sum(case when b.is_roaming then 1 else 0 end) as roaming_visits,
        sum(case when b.is_ward then 1 else 0 end) as ward_visits,
        count(b.department) as placed_visits,
        sum(case when b.department <> w.department then 1 else 0 end) as outside_visits
    from bill as b
    left join ward as w on w.practitioner_id = b.practitioner_id and w.place = 1
    group by b.practitioner_id
),

by_day as (
    select practitioner_id, visited_on, count(distinct person_id) as persons
    from visit
    group by practitioner_id, visited_on
),

busy as (
    select practitioner_id, count(*) as visit_days, sum(persons) as person_days, max(persons) as busiest_day
    from by_day
    group by practitioner_id
),

by_person as (
    select practitioner_id, person_id, sum(eligible_amount) as eligible_amount
    from visit
    group by practitioner_id, person_id
),

ordered as (
    select practitioner_id, eligible_amount,
        row_number() over (partition by practitioner_id order by eligible_amount desc, person_id) as place,
        count(*) over (partition by practitioner_id) as persons
    from by_person
),

top as (
    select practitioner_id, sum(eligible_amount) as top_tenth_amount
    from ordered
    where place <= ceil(persons / 10.0)
    group by practitioner_id
),

by_store as (
    select practitioner_id, store_id, count(*) as purchases
    from feature.prescription_flow
    where has_choice and practitioner_id is not null
    group by practitioner_id, store_id
),

store as (
    select practitioner_id, sum(purchases) as purchases, max(purchases) as top_store_purchases
    from by_store
    group by practitioner_id
),

bare as (
    select encounter_id, count(*) as bare_days
    from feature.stay_day
    where is_bare
    group by encounter_id
),

stay as (
    select s.practitioner_id, count(*) as stays, count(days) as ended_stays, sum(days) as nights,
        sum(eligible_amount) as inpatient_amount, sum(exam_amount) as exam_stay_amount,
        sum(case when days <= 2 and not is_ward_day then 1 else 0 end) as short_stays,
        sum(case when left_institution_id = institution_id and not is_expected
            and date_diff('day', left_on, started_on) between 0 and 15 then 1 else 0 end) as repeated_stays,
        sum(case when is_holiday_start then 1 else 0 end) as rest_stays,
        sum(case when is_holiday_start is not null then 1 else 0 end) as dated_stays,
        sum(s.charged_days) as charged_days, sum(coalesce(b.bare_days, 0)) as idle_days
    from feature.stay as s
    left join bare as b on b.encounter_id = s.encounter_id
    where practitioner_id is not null
    group by practitioner_id
),

counted as (
    select w.*, h.institution_id, w.lines - h.lines as away_lines, d.department,
        coalesce(v.visits, 0) as visits, coalesce(v.persons, 0) as persons, coalesce(v.visit_lines, 0) as visit_lines,
        coalesce(v.visit_amount, 0) as visit_amount, coalesce(v.drug_amount, 0) as drug_amount,
        coalesce(v.dear_amount, 0) as dear_amount, coalesce(v.known_amount, 0) as known_amount,
        coalesce(v.held_amount, 0) as held_amount, coalesce(v.exam_amount, 0) as exam_amount,
        coalesce(v.treatment_amount, 0) as treatment_amount, coalesce(v.clocked_visits, 0) as clocked_visits,
        coalesce(v.night_visits, 0) as night_visits, coalesce(v.planned_visits, 0) as planned_visits,
        coalesce(v.rest_visits, 0) as rest_visits, coalesce(v.repeated_visits, 0) as repeated_visits,
        coalesce(v.shared_visits, 0) as shared_visits, coalesce(v.round_visits, 0) as round_visits,
        coalesce(v.companion_visits, 0) as companion_visits, coalesce(v.roaming_visits, 0) as roaming_visits,
        coalesce(v.ward_visits, 0) as ward_visits, coalesce(v.placed_visits, 0) as placed_visits,
        coalesce(v.outside_visits, 0) as outside_visits, coalesce(b.visit_days, 0) as visit_days,
        coalesce(b.person_days, 0) as person_days, coalesce(b.busiest_day, 0) as busiest_day,
        coalesce(t.top_tenth_amount, 0) as top_tenth_amount, coalesce(r.purchases, 0) as purchases,
        coalesce(r.top_store_purchases, 0) as top_store_purchases, coalesce(s.stays, 0) as stays,
        coalesce(s.ended_stays, 0) as ended_stays, coalesce(s.nights, 0) as nights,
        coalesce(s.inpatient_amount, 0) as inpatient_amount, coalesce(s.exam_stay_amount, 0) as exam_stay_amount,
        coalesce(s.short_stays, 0) as short_stays, coalesce(s.repeated_stays, 0) as repeated_stays,
        coalesce(s.rest_stays, 0) as rest_stays, s.dated_stays, coalesce(s.charged_days, 0) as charged_days,
        coalesce(s.idle_days, 0) as idle_days
    from worked as w
    join house as h on h.practitioner_id = w.practitioner_id and h.place = 1
    left join ward as d on d.practitioner_id = w.practitioner_id and d.place = 1
    left join seen as v on v.practitioner_id = w.practitioner_id
    left join busy as b on b.practitioner_id = w.practitioner_id
    left join top as t on t.practitioner_id = w.practitioner_id
    left join store as r on r.practitioner_id = w.practitioner_id
    left join stay as s on s.practitioner_id = w.practitioner_id
)

select
    practitioner_id, institution_id, department, lines, days, months, away_lines, visits, persons, visit_days,
    person_days, busiest_day, visit_lines, clocked_visits, night_visits, planned_visits, rest_visits, repeated_visits,
    shared_visits, round_visits, companion_visits, roaming_visits, ward_visits, placed_visits, outside_visits,
    purchases, top_store_purchases, stays, ended_stays, nights, short_stays, repeated_stays, rest_stays, charged_days,
    idle_days,
    cast(eligible_amount as decimal(16, 2)) as eligible_amount,
    cast(visit_amount as decimal(16, 2)) as visit_amount,
    cast(drug_amount as decimal(16, 2)) as drug_amount,
    cast(dear_amount as decimal(16, 2)) as dear_amount,
    cast(known_amount as decimal(16, 2)) as known_amount,
    cast(held_amount as decimal(16, 2)) as held_amount,
    cast(exam_amount as decimal(16, 2)) as exam_amount,
    cast(treatment_amount as decimal(16, 2)) as treatment_amount,
    cast(top_tenth_amount as decimal(16, 2)) as top_tenth_amount,
    cast(inpatient_amount as decimal(16, 2)) as inpatient_amount,
    cast(exam_stay_amount as decimal(16, 2)) as exam_stay_amount,
    cast(person_days as double) / nullif(visit_days, 0) as persons_per_day,
    cast(busiest_day as double) * visit_days / nullif(person_days, 0) as busiest_ratio,
    cast(days as double) / nullif(months, 0) as days_per_month,
    cast(visit_amount as double) / nullif(visits, 0) as amount_per_visit,
    cast(visit_amount as double) / nullif(persons, 0) as amount_per_person,
    cast(visit_lines as double) / nullif(visits, 0) as lines_per_visit,
    cast(visits as double) / nullif(persons, 0) as visits_per_person,
    cast(away_lines as double) / nullif(lines, 0) as away_line_share,
    cast(outside_visits as double) / nullif(placed_visits, 0) as outside_share,
    cast(drug_amount as double) / nullif(cast(visit_amount as double), 0) as drug_share,
    cast(exam_amount as double) / nullif(cast(visit_amount as double), 0) as exam_share,
    cast(treatment_amount as double) / nullif(cast(visit_amount as double), 0) as treatment_share,
    cast(dear_amount as double) / nullif(cast(drug_amount as double), 0) as dear_share,
    cast(held_amount as double) / nullif(cast(known_amount as double), 0) as held_share,
    cast(night_visits as double) / nullif(clocked_visits, 0) as night_share,
    cast(rest_visits as double) / nullif(planned_visits, 0) as rest_share,
    cast(repeated_visits as double) / nullif(visits, 0) as repeated_share,
    cast(shared_visits as double) / nullif(visits, 0) as shared_share,
    cast(round_visits as double) / nullif(visits, 0) as round_share,
    cast(companion_visits as double) / nullif(clocked_visits, 0) as companion_share,
    cast(roaming_visits as double) / nullif(visits, 0) as roaming_share,
    cast(ward_visits as double) / nullif(visits, 0) as ward_share,
    cast(top_tenth_amount as double) / nullif(cast(visit_amount as double), 0) as top_tenth_share,
    cast(top_store_purchases as double) / nullif(purchases, 0) as top_store_share,
    cast(inpatient_amount as double) / nullif(stays, 0) as amount_per_stay,
    cast(nights as double) / nullif(ended_stays, 0) as nights_per_stay,
    cast(short_stays as double) / nullif(ended_stays, 0) as short_stay_share,
    cast(repeated_stays as double) / nullif(stays, 0) as repeated_stay_share,
    cast(rest_stays as double) / nullif(dated_stays, 0) as rest_stay_share,
    cast(idle_days as double) / nullif(charged_days, 0) as idle_day_share,
    cast(exam_stay_amount as double) / nullif(cast(inpatient_amount as double), 0) as exam_stay_share
from counted
