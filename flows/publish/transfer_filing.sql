-- One row: one filing line of a department and kind of subject that is in force on the day. Where an area has lines of
-- its own they stand alone: the nation's amounts are the lower ends of the ranges in which the areas set theirs.
with in_force as (
    select f.level, f.least_yuan, f.counts, f.basis, f.layer, f.valid_from, f.valid_to
    from knowledge.filing_line as f
    where f.department = $department and f.subject_kind = $whom and f.superseded_by is null
        and coalesce(f.valid_from, date '0001-01-01') <= cast($on as date)
        and coalesce(f.valid_to, date '9999-12-31') >= cast($on as date)
)

select *
from in_force
where layer <> 'nation' or least_yuan is null
    or not exists (select 1 from in_force as a where a.layer <> 'nation' and a.least_yuan is not null)
order by least_yuan, level
