-- One row: one scheme and kind of subject: how many of its subjects stand within the first 2R of their list.
with planted as (
    select distinct scheme, subject_type, subject_id
    from truth.scheme_subject
    where subject_type <> 'group'
),

size as (
    select subject_type, count(distinct subject_id) as r
    from planted
    group by subject_type
)

select p.scheme, p.subject_type, count(*) as planted,
    avg(case when l.rank <= 2 * s.r then 1.0 else 0.0 end) as recall,
    avg(case when l.rank is not null then 1.0 else 0.0 end) as listed
from planted as p
join size as s on s.subject_type = p.subject_type
left join model.lead as l on l.subject_type = p.subject_type and l.subject_id = p.subject_id
group by p.scheme, p.subject_type
order by p.scheme, p.subject_type
