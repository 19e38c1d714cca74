-- One row: one practitioner, as the register, else as fee lines, encounters and operations know them.
-- origin: who knows the practitioner: register, line (fee lines and operations), encounter
-- practitioner_name: the register's, else the most frequent one beside the id, the first by alphabet of equals
-- institution_id: where registered, else where the id stands most
-- practice_scope_name, title: by the register alone; null: ask the register
with worked as (
    select ordering_practitioner_id as practitioner_id, ordering_practitioner_name as practitioner_name,
        institution_id, 'line' as seen_in, count(*) as times
    from record.fee_line
    group by ordering_practitioner_id, ordering_practitioner_name, institution_id
    union all
    select performing_practitioner_id, performing_practitioner_name, institution_id, 'line', count(*)
    from record.fee_line
    group by performing_practitioner_id, performing_practitioner_name, institution_id
    union all
    select o.surgeon_id, o.surgeon_name, s.institution_id, 'line', count(*)
    from record.procedure as o
    left join record.settlement as s on s.settlement_id = o.settlement_id
    group by o.surgeon_id, o.surgeon_name, s.institution_id
    union all
    select attending_practitioner_id, attending_practitioner_name, institution_id, 'encounter', count(*)
    from record.encounter
    group by attending_practitioner_id, attending_practitioner_name, institution_id
),

seen as (
    select practitioner_id, max(case when seen_in = 'line' then 1 else 0 end) as is_in_lines
    from worked
    where practitioner_id is not null
    group by practitioner_id
),

named as (
    select practitioner_id, practitioner_name, row_number() over (
            partition by practitioner_id order by sum(times) desc, practitioner_name
        ) as place
    from worked
    where practitioner_id is not null and practitioner_name is not null
    group by practitioner_id, practitioner_name
),

placed as (
    select practitioner_id, institution_id, row_number() over (
            partition by practitioner_id order by sum(times) desc, institution_id
        ) as place
    from worked
    where practitioner_id is not null and institution_id is not null
    group by practitioner_id, institution_id
),

register as (
    select practitioner_id, max(practitioner_name) as practitioner_name, max(institution_id) as institution_id,
        max(practice_scope_name) as practice_scope_name, max(title) as title
    from record.practitioner
    group by practitioner_id
),

everybody as (
    select practitioner_id from seen
    union
    select practitioner_id from register
)

select
    e.practitioner_id,
    case when r.practitioner_id is not null then 'register' when s.is_in_lines = 1 then 'line' else 'encounter' end
        as origin,
    coalesce(r.practitioner_name, n.practitioner_name) as practitioner_name,
    coalesce(r.institution_id, p.institution_id) as institution_id,
    r.practice_scope_name,
    r.title
from everybody as e
left join seen as s on s.practitioner_id = e.practitioner_id
left join named as n on n.practitioner_id = e.practitioner_id and n.place = 1
left join placed as p on p.practitioner_id = e.practitioner_id and p.place = 1
left join register as r on r.practitioner_id = e.practitioner_id
