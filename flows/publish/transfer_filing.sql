-- One row: one filing line of a department and kind of subject that is in force on the day
select f.level, f.least_yuan, f.counts, f.basis, f.layer, f.valid_from, f.valid_to
from knowledge.filing_line as f
where f.department = $department and f.subject_kind = $whom and f.superseded_by is null
    and coalesce(f.valid_from, date '0001-01-01') <= cast($on as date)
    and coalesce(f.valid_to, date '9999-12-31') >= cast($on as date)
order by f.least_yuan, f.level
