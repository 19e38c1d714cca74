-- One row: one visit that was planned and is neither done nor dropped. A visit is done when somebody notes it, or when
-- a verdict or an inspection of the place has come since it was to begin.
with held as (
    select coalesce(institution_id, subject_id) as institution_id, decided_on as held_on from casebook.verdict
    union all
    select subject_id, decided_on from casebook.verdict
    union all
    select subject_id, inspected_on from record.inspection_result
)

select c.visit_id, c.institution_id, o.institution_name, c.plan_id, c.why, c.team_number, c.start_on, c.start_half,
    c.end_on, c.end_half, c.half_days, c.due_on, c.inspector_days, c.probability
from casebook.current_plan_visit as c
left join feature.institution as o on o.institution_id = c.institution_id
where c.act in ('plan', 'move')
    and not exists (
        select 1 from held as h where h.institution_id = c.institution_id and h.held_on >= c.start_on
    )
order by c.due_on, c.start_on, c.visit_id
