-- One row: one lead and one case that holds it, itself or through a lead from outside that it rests on.
with act as (
    select *
    from casebook.case_event
    where number < coalesce(cast($before as bigint), 9223372036854775807)
),

standing as (
    select case_id, max(title) as title, max_by(kind, number) filter (where kind is not null) as kind,
        max_by(state, number) filter (where state is not null) as state,
        max_by(owner, number) filter (where owner is not null) as owner,
        max_by(due_on, number) filter (where due_on is not null) as due_on,
        max(case when act = 'close' then acted_on end) as closed_on
    from act
    group by case_id
),

holding as (
    select case_id, lead_id
    from act
    where lead_id is not null
    union
    select a.case_id, t.lead_id
    from act as a
    join model.lead_tip as t on t.tip_id = a.outside_id
)

select distinct h.lead_id, s.case_id, s.title, s.kind, s.state, s.owner, s.due_on, s.closed_on
from holding as h
join standing as s on s.case_id = h.case_id
order by h.lead_id, s.case_id
