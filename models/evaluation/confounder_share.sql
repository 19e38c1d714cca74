-- One row: one kind of honest look-alike and kind of subject: the shares of them that the lists take for suspects.
-- subjects: look-alikes that no scheme planted
with planted as (
    select distinct subject_type, subject_id
    from truth.scheme_subject
),

size as (
    select subject_type, count(*) as r
    from planted
    group by subject_type
),

honest as (
    select distinct c.kind, c.subject_type, c.subject_id
    from truth.confounder as c
    where not exists (
        select 1 from planted as p where p.subject_type = c.subject_type and p.subject_id = c.subject_id
    )
)

select h.kind, h.subject_type, count(*) as subjects,
    avg(case when l.tier = 'A' then 1.0 else 0.0 end) as tier_a,
    avg(case when l.tier in ('A', 'B') then 1.0 else 0.0 end) as tier_ab,
    avg(case when l.rank <= 2 * coalesce(s.r, 0) then 1.0 else 0.0 end) as first_2r
from honest as h
left join size as s on s.subject_type = h.subject_type
left join model.lead as l on l.subject_type = h.subject_type and l.subject_id = h.subject_id
group by h.kind, h.subject_type
order by h.kind, h.subject_type
