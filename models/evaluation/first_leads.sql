-- One row: one list: the leads of its first R places (R planted subjects) and the median width of their rank interval.
with size as (
    select subject_type, count(distinct subject_id) as r
    from truth.scheme_subject
    group by subject_type
)

select l.subject_type, list(l.subject_id order by l.rank) as leads, median(l.rank_high - l.rank_low) as width
from model.lead as l
join size as s on s.subject_type = l.subject_type
where l.rank <= s.r
group by l.subject_type
order by l.subject_type
