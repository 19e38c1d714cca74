-- One row: one lead and whether it is about somebody planted.
-- A group counts when at least half of its members belong to one planted group.
with planted as (
    select distinct subject_type, subject_id
    from truth.scheme_subject
    where subject_type <> 'group'
),

ringed as (
    select group_id, subject_id as person_id
    from truth.scheme_subject
    where subject_type = 'person' and group_id is not null
),

member as (
    select l.lead_id, m.person_id
    from model.lead as l
    join casebook.group_membership as m on m.lead_id = l.lead_id
    where l.subject_type = 'group'
),

overlap as (
    select m.lead_id, r.group_id, count(*) as shared
    from member as m
    join ringed as r on r.person_id = m.person_id
    group by m.lead_id, r.group_id
),

found_group as (
    select o.lead_id
    from overlap as o
    join (select lead_id, count(*) as n from member group by lead_id) as s on s.lead_id = o.lead_id
    group by o.lead_id
    having max(cast(o.shared as double) / nullif(s.n, 0)) >= 0.5
)

select l.lead_id, l.subject_type, l.rank, cast(l.score as double) as score,
    cast(l.amount_at_risk as double) as amount,
    case when l.subject_type = 'group' then g.lead_id is not null else p.subject_id is not null end as is_true
from model.lead as l
left join planted as p on p.subject_type = l.subject_type and p.subject_id = l.subject_id
left join found_group as g on g.lead_id = l.lead_id
order by l.lead_id
