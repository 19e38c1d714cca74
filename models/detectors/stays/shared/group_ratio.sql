-- group_ratio: what stays cost against the same disease and treatment at hospitals of the level, the paid group's
-- stand-in: feature.stay's columns and
--   paid_group  category of principal diagnosis, operation or not, and level
--   ratio       the stay's yuan over the group's median
-- So that the median leans on no single hospital, groups with fewer than $min_group stays at other hospitals than the
-- stay's own are left out.
create temp table group_ratio as
with grouped as (
    select s.*, substr(s.diagnosis_code, 1, 3) || case when s.is_operated then '+' else '' end || '|'
        || coalesce(cast(i.institution_level as varchar), '-') as paid_group
    from feature.stay as s
    join feature.institution as i on i.institution_id = s.institution_id
    where s.days is not null and not s.is_ward_day and s.diagnosis_code is not null and s.total_amount > 0
),
usual as (
    select paid_group, median(cast(total_amount as double)) as amount, count(*) as stays
    from grouped
    group by paid_group
),
own as (
    select paid_group, institution_id, count(*) as stays from grouped group by paid_group, institution_id
)
select g.*, cast(g.total_amount as double) / u.amount as ratio
from grouped as g
join usual as u on u.paid_group = g.paid_group
join own as o on o.paid_group = g.paid_group and o.institution_id = g.institution_id
where u.stays - o.stays >= $min_group;
