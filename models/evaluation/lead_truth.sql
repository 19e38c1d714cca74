-- One row: one lead and whether it is about somebody planted.
-- A group counts when at least half of its members belong to one planted group.
with planted as (
    select distinct subject_type, subject_id
    from truth.scheme_subject
    where subject_type <> 'group'
),

found_group as (
    select distinct lead_id
    from group_overlap
    where cast(shared as double) / nullif(members, 0) >= 0.5
)

select l.lead_id, l.subject_type, l.rank, cast(l.score as double) as score,
    cast(l.amount_at_risk as double) as amount,
    case when l.subject_type = 'group' then g.lead_id is not null else p.subject_id is not null end as is_true
from model.lead as l
left join planted as p on p.subject_type = l.subject_type and p.subject_id = l.subject_id
left join found_group as g on g.lead_id = l.lead_id
order by l.lead_id
