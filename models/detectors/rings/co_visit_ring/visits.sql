-- counted_settlement: a settlement that may be part of a ring, with numbers for its person and place. A place is an
-- institution with one way of telling time: 0 visits with a clock (tick: hour), 1 visits with a day only, 2 hospital
-- stays (tick: day of admission), counted from a Monday. Care that brings the same persons together again and again by
-- its nature is left out. A purchase from the family's accounts says who came together, and is itself not at issue.
create temp table counted_settlement as
with cohort_item as (
    select distinct item_code
    from feature.item_price_month
    where regexp_matches(item_name, '体检|疫苗|预防接种')
),
cohort as (
    select distinct settlement_id
    from feature.fee_line
    where item_code in (select item_code from cohort_item)
),
timed as (
    select s.settlement_id, s.encounter_id, s.person_id, s.institution_id, s.settled_on, s.eligible_amount,
        not coalesce(s.is_family_purchase, false) as is_at_issue,
        case when s.care_setting = 'inpatient' then 2
            when s.has_clock then 0 else 1 end as way,
        case when s.care_setting = 'inpatient' then coalesce(e.started_on, s.started_on)
            else s.settled_on end as came_on, hour(s.settled_at) as hour
    from feature.settlement as s
    left join feature.encounter as e on e.encounter_id = s.encounter_id
    where s.person_id is not null and s.institution_id is not null and not coalesce(e.is_in_course, false)
        and coalesce(s.care_setting, '-') not in ('check_up', 'maternity_outpatient')
        and not regexp_matches(coalesce(e.principal_diagnosis_code, ''),
            '^(N18\.5|Z0[0-2]|Z2[3-7]|Z3[45]|Z49|Z51)')
        and s.settlement_id not in (select settlement_id from cohort)
)
select *, cast(dense_rank() over (order by person_id) as integer) as person,
    cast(dense_rank() over (order by institution_id, way) as integer) as place,
    case when way = 0 then date_diff('day', date '2000-01-03', came_on) * 24 + hour
        else date_diff('day', date '2000-01-03', came_on) end as tick
from timed
where came_on is not null;

-- recorded_visit: a person at a place and tick; persons with fewer visits than a pair must share are left out.
create temp table recorded_visit as
with visit as (
    select distinct person, place, way, tick from counted_settlement
)
select * from visit
qualify count(*) over (partition by person) >= $min_joint;

select person, place, way, tick from recorded_visit order by place, person, tick;
