-- One row: the lead with its subject, what verdicts confirm of it and of its subject over all leads, and what is only
-- suspected. A verdict on the whole lead settles it: nothing of it is suspected any more.
with standing as (
    select subject_type, subject_id, lead_id, rule, conclusion, is_closing, coalesce(confirmed_amount, 0) as confirmed_amount,
        count(*) filter (where rule is null) over (
            partition by coalesce(lead_id, subject_type || '|' || subject_id || '|' || coalesce(case_no, ''))
        ) as whole
    from casebook.current_verdict
),

-- what is said of the whole lead holds in place of what was said of its single rules
counted as (
    select *
    from standing
    where conclusion in ('confirmed', 'partly_confirmed') and (rule is null or whole = 0)
)

select r.lead_id, r.subject_type, case when r.subject_type = 'group' then r.lead_id else r.subject_key end as subject_id,
    (select coalesce(sum(confirmed_amount), 0) from counted where lead_id = r.lead_id) as confirmed_amount,
    (
        select coalesce(sum(c.confirmed_amount), 0)
        from counted as c
        where c.lead_id = r.lead_id or (c.subject_type = r.subject_type and c.subject_id = r.subject_key)
    ) as subject_confirmed,
    coalesce(l.amount_at_risk, r.last_amount, 0) as amount_at_risk,
    exists (select 1 from standing where lead_id = r.lead_id and rule is null and is_closing) as is_settled,
    exists (
        select 1 from standing where lead_id = r.lead_id and rule is null and is_closing and conclusion = 'dismissed'
    ) as is_dismissed
from casebook.lead_register as r
left join model.lead as l on l.lead_id = r.lead_id
where r.lead_id = $lead
