-- One row: one finding that may make a lead: a hit of a live source that no verdict has dealt with yet and nobody
-- has a reason to leave off the lists.
select f.*
from model.finding as f
join model.coverage as c on c.source = f.source
where f.outcome = 'hit' and c.status = 'live'
    and not exists (select 1 from casebook.judged_finding as j where j.finding_id = f.finding_id)
    and not exists (
        select 1 from casebook.current_suppression as s
        where s.subject_type = f.subject_type and s.subject_id = f.subject_id
            and coalesce(s.source, f.source) = f.source and coalesce(f.occurred_on <= s.until, true)
    )
