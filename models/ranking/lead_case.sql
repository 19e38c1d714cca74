-- One row: one earlier case about one lead's subject; of a group the verdict on the lead it reopens.
select r.lead_id, p.decided_on, p.case_no, p.rule, p.sources, p.conclusion, p.conclusion_said, p.confirmed_amount,
    p.recovered_amount, p.penalty_amount, p.transferred_to, p.reason
from ranked_subject as r
join past_case as p
    on p.kind = case when r.subject_type in ('institution', 'pharmacy') then 'place' else r.subject_type end
    and p.subject_id = case when r.subject_type = 'group' then r.previous_lead_id else r.subject_id end
order by all
