-- One row: one case as it stood at the end of a day.
-- timing: of an open case overdue or open; of a closed one kept, late or, where it was never due, closed
-- amount_at_risk: of its leads on the lists of the last run, each yuan once; confirmed_amount: of the verdicts on them
with act as (
    select *
    from casebook.case_event
    where acted_on <= cast($on as date)
),

standing as (
    select case_id, max(title) as title, min(case when act = 'open' then acted_on end) as opened_on,
        max_by(kind, number) filter (where kind is not null) as kind,
        max_by(owner, number) filter (where owner is not null) as owner,
        max_by(due_on, number) filter (where due_on is not null) as due_on,
        max_by(state, number) filter (where state is not null) as state,
        max(case when act = 'close' then acted_on end) as closed_on,
        count(case when act = 'note' then 1 end) as notes,
        count(distinct coalesce(lead_id, outside_id)) as leads, max(acted_on) as last_act_on
    from act
    group by case_id
),

held as (
    select distinct case_id, lead_id
    from act
    where lead_id is not null
),

best as (
    select h.case_id, u.settlement_id, u.line_id, max(u.amount) as amount
    from held as h
    join model.lead_line as u on u.lead_id = h.lead_id
    group by h.case_id, u.settlement_id, u.line_id
),

-- A settlement contains its lines.
settled as (
    select case_id, settlement_id,
        greatest(
            sum(case when line_id is null then amount else 0 end),
            sum(case when line_id is null then 0 else amount end)
        ) as amount
    from best
    group by case_id, settlement_id
),

money as (
    select case_id, cast(sum(amount) as decimal(16, 2)) as amount_at_risk
    from settled
    group by case_id
),

-- A verdict on the whole lead stands in place of those on single rules of it.
judged as (
    select v.lead_id,
        case
            when count(case when v.rule is null then 1 end) > 0
                then sum(case when v.rule is null then v.confirmed_amount end)
            else sum(v.confirmed_amount)
        end as confirmed_amount
    from casebook.current_verdict as v
    where v.lead_id is not null and v.decided_on <= cast($on as date)
    group by v.lead_id
),

verdict as (
    select h.case_id, count(j.lead_id) as judged_leads,
        cast(sum(j.confirmed_amount) as decimal(16, 2)) as confirmed_amount
    from held as h
    left join judged as j on j.lead_id = h.lead_id
    group by h.case_id
)

select s.case_id, s.title, s.kind, s.state, s.owner, s.opened_on, s.due_on,
    case
        when s.closed_on is null and s.due_on < cast($on as date) then 'overdue'
        when s.closed_on is null then 'open'
        when s.due_on is null then 'closed'
        when s.closed_on > s.due_on then 'late'
        else 'kept'
    end as timing,
    case
        when coalesce(s.closed_on, cast($on as date)) > s.due_on
            then date_diff('day', s.due_on, coalesce(s.closed_on, cast($on as date)))
    end as days_over,
    s.closed_on, s.leads, coalesce(v.judged_leads, 0) as judged_leads, s.notes, m.amount_at_risk, v.confirmed_amount
from standing as s
left join money as m on m.case_id = s.case_id
left join verdict as v on v.case_id = s.case_id
where s.opened_on is not null
order by s.closed_on is not null, s.due_on nulls last, s.case_id
