-- One row: one member of a group's lead. In braces is SQL: how a name is written (over i), which leads (over l).
with member as (
    select l.lead_id, l.last_on, unnest(string_split(l.members, ';')) as person_id
    from model.lead as l
    where l.subject_type = 'group' and {chosen}
),

person_name as (
    select person_id, arg_min(person_name, source_table) as person_name
    from record.person_identity
    where person_name is not null
    group by person_id
)

select m.lead_id, m.person_id, {name} as person_name, p.sex,
    cast(floor(date_diff('day', p.birth_on, m.last_on) / 365.25) as integer) as age
from member as m
left join feature.person as p on p.person_id = m.person_id
left join person_name as i on i.person_id = m.person_id
order by m.lead_id, m.person_id
