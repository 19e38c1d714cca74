-- One row: one place that the record knows: whether it was ever visited, or visited since $since, and by when something
-- from outside is to be answered about it. plan_due: institution_id, due_on of what was handed in.
with held as (
    select coalesce(institution_id, subject_id) as institution_id from casebook.verdict
    union
    select subject_id from casebook.verdict
    union
    select subject_id from record.inspection_result
    union
    select institution_id from casebook.current_plan_visit where act = 'done'
),

due as (
    select institution_id, min(due_on) as due_on from plan_due where due_on is not null group by institution_id
),

rested as (
    select distinct institution_id from casebook.current_plan_visit where act = 'done' and acted_on >= $since
),

seen as (
    select distinct institution_id from feature.settlement
)

select o.institution_id, o.institution_name, o.division as region,
    case when coalesce(o.is_pharmacy, false) then 'pharmacy' else 'institution' end as subject_type,
    h.institution_id is null as is_unvisited,
    r.institution_id is not null as is_rested, d.due_on
from feature.institution as o
join seen as s on s.institution_id = o.institution_id
left join held as h on h.institution_id = o.institution_id
left join rested as r on r.institution_id = o.institution_id
left join due as d on d.institution_id = o.institution_id
order by o.institution_id
