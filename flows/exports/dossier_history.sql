-- One row: one earlier confirmation of a subject of a lead of tier A or B, delivered or given as a verdict; a verdict
-- that was delivered as an inspection too stands once. conclusion_word and subject_word are the casebook's.
with proven as (
    select case when s.subject_type in ('institution', 'pharmacy') then 'place' else s.subject_type end as kind,
        i.subject_id, i.case_id as case_number, i.case_id as said_by, i.inspected_on as decided_on,
        i.violation_amount as amount, i.recovered_amount, i.penalty_amount
    from record.inspection_result as i
    join conclusion_word as c on c.word = lower(i.result)
    join subject_word as s on s.word = lower(i.subject_type)
    where c.conclusion = 'confirmed'
    union all
    select case when v.subject_type in ('institution', 'pharmacy') then 'place' else v.subject_type end, v.subject_id,
        v.case_no, coalesce(v.case_no, v.verdict_id), v.decided_on, v.confirmed_amount, v.recovered_amount,
        v.penalty_amount
    from casebook.current_verdict as v
    where v.conclusion = 'confirmed' and v.subject_type <> 'group'
)

select l.lead_id, max(p.case_number) as case_number, max(p.decided_on) as decided_on, max(p.amount) as amount,
    max(p.recovered_amount) as recovered, max(p.penalty_amount) as penalty
from model.lead as l
join proven as p
    on p.subject_id = l.subject_id
    and p.kind = case when l.subject_type in ('institution', 'pharmacy') then 'place' else l.subject_type end
where l.tier in ('A', 'B')
group by l.lead_id, p.said_by
order by l.lead_id, decided_on desc, p.said_by
