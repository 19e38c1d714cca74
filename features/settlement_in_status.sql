-- One row: one settlement that began while a register has the person in custody or abroad.
-- status_type: custody, overseas
-- status_from, status_to: the latest such period of the register; both days themselves are outside; status_to null
--     while it lasts
-- is_face_seen: a check-in with matching face at the place on the first day of care
-- what, what_zh: the kind of care in words
with met as (
    select s.settlement_id, p.status_type, p.status_from, p.status_to, p.source_department,
        row_number() over (partition by s.settlement_id, p.status_type order by p.status_from desc) as place
    from record.person_status as p
    join feature.settlement as s
        on s.person_id = p.person_id and s.started_on > p.status_from
        and (p.status_to is null or s.started_on < p.status_to)
    where p.status_type in ('custody', 'overseas')
),

seen as (
    select distinct m.settlement_id
    from met as m
    join feature.settlement as s on s.settlement_id = m.settlement_id
    join record.check_in as c
        on c.person_id = s.person_id and c.institution_id = s.institution_id
        and cast(c.checked_in_at as date) = s.started_on
    where c.is_face_match
)

select
    m.settlement_id,
    m.status_type,
    m.status_from,
    m.status_to,
    m.source_department,
    f.settlement_id is not null as is_face_seen,
    case
        when s.is_pharmacy then 'a purchase at a drugstore'
        when s.care_setting = 'inpatient' then 'a stay begun'
        else 'a visit'
    end as what,
    case when s.is_pharmacy then '购药' when s.care_setting = 'inpatient' then '入院' else '门诊就医' end as what_zh
from met as m
join feature.settlement as s on s.settlement_id = m.settlement_id
left join seen as f on f.settlement_id = m.settlement_id
where m.place = 1
