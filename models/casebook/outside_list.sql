-- One row: one lead from outside, where it stands, what is owed until when, and what was confirmed on it.
-- state: joined (on a lead that has findings of its own), own_lead (on one that rests on leads from outside alone),
-- dealt_with (a verdict or a suppression handled it), unmatched (about nobody known for sure), waiting (not ranked yet)
-- timing: of those still to handle or to answer overdue, feedback_overdue, feedback_owed, open; else kept, late, done
-- reward_base: what verdicts confirmed on the leads it was on, each once; shared_with: other tips on those leads
with event as (
    select *
    from casebook.outside_event
    where number < coalesce(cast($before as bigint), 9223372036854775807)
),

answered as (
    select outside_id, min(acted_on) as feedback_on
    from event
    where act = 'feedback'
    group by outside_id
),

on_lead as (
    select tip_id, min(lead_id) as lead_id, max(case when is_open then 1 else 0 end) = 1 as is_open,
        min(matched_by) as matched_by
    from model.lead_tip
    group by tip_id
),

rested as (
    select distinct substr(finding_id, 5) as tip_id, lead_id
    from casebook.judged_finding
    where starts_with(finding_id, 'tip:')
),

-- A verdict on the whole lead stands in place of those on single rules of it.
judged as (
    select lead_id, max(decided_on) as decided_on,
        case
            when count(case when rule is null then 1 end) > 0
                then sum(case when rule is null then confirmed_amount end)
            else sum(confirmed_amount)
        end as confirmed_amount
    from casebook.current_verdict
    where lead_id is not null
    group by lead_id
),

crowd as (
    select lead_id, count(distinct tip_id) as tips
    from rested
    group by lead_id
),

rewarded as (
    select r.tip_id, min(r.lead_id) as lead_id, max(j.decided_on) as decided_on,
        cast(sum(j.confirmed_amount) as decimal(16, 2)) as reward_base, max(c.tips) - 1 as shared_with
    from rested as r
    join crowd as c on c.lead_id = r.lead_id
    left join judged as j on j.lead_id = r.lead_id
    group by r.tip_id
),

held as (
    select outside_id, min(case_id) as case_id
    from casebook.case_event
    where outside_id is not null and number < coalesce(cast($before as bigint), 9223372036854775807)
    group by outside_id
),

stated as (
    select h.*, l.lead_id as list_lead, o.matched_by, l.findings, l.tier, l.rank, l.amount_at_risk,
        coalesce(case when o.is_open then l.lead_id end, w.lead_id, l.lead_id) as lead_id,
        a.feedback_on, w.reward_base, w.shared_with, w.decided_on, e.case_id,
        case
            when o.is_open and w.lead_id is distinct from o.lead_id and l.findings > 0 then 'joined'
            when o.is_open and w.lead_id is distinct from o.lead_id then 'own_lead'
            when w.tip_id is not null or o.tip_id is not null then 'dealt_with'
            when u.tip_id is not null then 'unmatched'
            else 'waiting'
        end as state
    from casebook.heard_tip as h
    left join on_lead as o on o.tip_id = h.tip_id
    left join model.lead as l on l.lead_id = o.lead_id
    left join rewarded as w on w.tip_id = h.tip_id
    left join model.tip_unmatched as u on u.tip_id = h.tip_id
    left join answered as a on a.outside_id = h.tip_id
    left join held as e on e.outside_id = h.tip_id
)

select tip_id, kind, own_number, office, received_on, channel, subject_type, subject_id, subject_name, content, amount,
    state, matched_by, lead_id, case_id, tier, rank, amount_at_risk, due_on, decided_on, feedback_due_on, feedback_on,
    case
        when state <> 'dealt_with' and due_on < cast($on as date) then 'overdue'
        when feedback_due_on is not null and feedback_on is null and feedback_due_on < cast($on as date)
            then 'feedback_overdue'
        when feedback_due_on is not null and feedback_on is null and state = 'dealt_with' then 'feedback_owed'
        when state <> 'dealt_with' then 'open'
        when feedback_on > feedback_due_on or decided_on > due_on then 'late'
        when due_on is null and feedback_due_on is null then 'done'
        else 'kept'
    end as timing,
    reward_base, shared_with
from stated
order by least(coalesce(due_on, date '9999-12-31'), coalesce(feedback_due_on, date '9999-12-31')), received_on nulls last,
    tip_id
