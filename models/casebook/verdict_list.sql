-- One row: a verdict, the last one imported first; `stands` says whether it counts or a later one took its place.
select v.decided_on, v.lead_id, v.subject_type, v.subject_id, v.rule, v.conclusion, v.conclusion_said, v.reason,
    v.confirmed_amount, v.recovered_amount, v.case_no, v.file, v.row_number,
    c.verdict_id is not null as stands
from casebook.verdict as v
left join casebook.current_verdict as c on c.verdict_id = v.verdict_id
where $every or c.verdict_id is not null
order by v.event_number desc, v.decided_on desc, v.row_number desc
