-- One row: one list, how many subjects were planted, and how many of its first leads are among them.
with planted as (
    select subject_type, count(distinct case when subject_type = 'group' then group_id else subject_id end) as planted
    from truth.scheme_subject
    group by subject_type
),

looked as (
    select subject_type, count(*) as looked, sum(case when is_true then 1 else 0 end) as hit
    from lead_truth
    where rank <= $top
    group by subject_type
)

select coalesce(p.subject_type, l.subject_type) as subject_type, coalesce(p.planted, 0) as planted,
    coalesce(l.looked, 0) as looked, coalesce(l.hit, 0) as hit
from planted as p
full join looked as l on l.subject_type = p.subject_type
order by 1
