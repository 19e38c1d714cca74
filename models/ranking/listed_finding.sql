-- One row: one finding that may make a lead: a hit of a live source that no verdict has dealt with yet.
select f.*
from model.finding as f
join model.coverage as c on c.source = f.source
where f.outcome = 'hit' and c.status = 'live'
    and not exists (select 1 from casebook.judged_finding as j where j.finding_id = f.finding_id)
