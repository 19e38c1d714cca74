-- One row: one service of long-term care at home, or of a family doctor's package, that stands, and whether its person
--     could be met on the day
-- kind: long_term_care, package
-- is_person_unknown: nothing else is known of the person
-- has_deaths: a register of deaths was delivered
-- died_on: the registered day of death
-- hospital_id, stay_started_on, stay_ended_on: the first stay at another institution with the day strictly inside, day
--     wards aside
with service as (
    select 'long_term_care' as kind, service_id, person_id, institution_id, cast(started_at as date) as served_on
    from record.long_term_care_service
    where coalesce(is_valid, true) and not coalesce(is_refund, false)
    union all
    select 'package', service_id, person_id, institution_id, served_on
    from record.package_service
    where coalesce(is_valid, true) and not coalesce(is_refund, false)
),

register as (
    select count(*) > 0 as has_deaths from record.person_status where status_type = 'death'
),

met as (
    select v.kind, v.service_id, e.institution_id as hospital_id, e.started_on, e.ended_on,
        row_number() over (partition by v.kind, v.service_id order by e.started_on, e.encounter_id) as place
    from service as v
    join feature.encounter as e
        on e.person_id = v.person_id and v.served_on > e.started_on and v.served_on < e.ended_on
    where e.is_inpatient and not coalesce(e.is_day_care, false)
        and coalesce(e.institution_id, '') <> coalesce(v.institution_id, '')
)

select
    v.kind,
    v.service_id,
    v.person_id,
    v.institution_id,
    v.served_on,
    p.person_id is null as is_person_unknown,
    r.has_deaths,
    p.died_on,
    m.hospital_id,
    m.started_on as stay_started_on,
    m.ended_on as stay_ended_on
from service as v
cross join register as r
left join feature.person as p on p.person_id = v.person_id
left join met as m on m.kind = v.kind and m.service_id = v.service_id and m.place = 1
