-- One row: one lead of one case, how the last run finds it, and the verdict that stands on it.
-- standing: listed, gone (open, and the last run does not find it), closed; of a lead from outside: outside
with verdict as (
    select lead_id, conclusion, decided_on, confirmed_amount, recovered_amount, reason,
        row_number() over (
            partition by lead_id
            order by case when rule is null then 0 else 1 end, decided_on desc, imported_at desc, row_number desc
        ) as place
    from casebook.current_verdict
    where lead_id is not null
)

select coalesce(c.lead_id, c.outside_id) as lead_id, c.added_on, coalesce(r.subject_type, o.subject_type) as subject_type,
    case when r.subject_type = 'group' then r.lead_id else coalesce(r.subject_key, o.subject_id) end as subject_id,
    case
        when c.lead_id is null then 'outside'
        when r.closed_on is not null then 'closed'
        when l.lead_id is null then 'gone'
        else 'listed'
    end as standing,
    l.tier, l.rank, l.score, coalesce(l.amount_at_risk, o.amount) as amount_at_risk, v.conclusion, v.decided_on,
    v.confirmed_amount, v.recovered_amount, v.reason
from casebook.case_lead as c
left join casebook.lead_register as r on r.lead_id = c.lead_id
left join model.lead as l on l.lead_id = c.lead_id
left join casebook.outside_lead as o on o.outside_id = c.outside_id
left join verdict as v on v.lead_id = c.lead_id and v.place = 1
where c.case_id = $id
order by c.number
