-- One row: one lead of the register, with the verdict that stands on it and what came after it.
with verdict as (
    select lead_id, conclusion, conclusion_said, decided_on, confirmed_amount, recovered_amount, reason, case_no, file,
        row_number() over (
            partition by lead_id
            order by case when is_closing then 0 else 1 end, decided_on desc, event_number desc, row_number desc
        ) as place
    from casebook.current_verdict
    where lead_id = $lead
)

select r.lead_id, r.subject_type, case when r.subject_type = 'group' then r.lead_id else r.subject_key end as subject_id,
    r.opened_run, r.last_run, r.last_amount, r.closed_on, r.previous_lead_id, o.lead_id as reopened_as, v.conclusion,
    v.conclusion_said, v.decided_on, v.confirmed_amount, v.recovered_amount, v.reason, v.case_no, v.file
from casebook.lead_register as r
left join verdict as v on v.lead_id = r.lead_id and v.place = 1
left join casebook.lead_register as o on o.previous_lead_id = r.lead_id
where r.lead_id = $lead
