-- One row: one step that one problem has come to, with one source's part of its money.
-- step: suspected, confirmed, agreed, recovered, fined, transferred; the steps stand apart and are never added together
-- entry_key: the lead, case or problem; on_day: when the step happened; source null: nobody says which rule it was
-- effort_days: inspector-days, on one row of an entry
-- A verdict on a whole lead contains those on single rules of it: it adds what they leave. Where it names no rule its
-- money is shared among the lead's sources as their suspected money was, to the fen.
-- An inspection or a problem that is a verdict too (the same case and place) is the verdict's.
-- at_issue, source_name, origin_word, conclusion_word and inspection are made before.
with verdict as (
    select v.*, coalesce(v.lead_id, v.subject_type || '|' || v.subject_id || '|' || coalesce(v.case_no, '')) as entry_key,
        case when v.subject_type in ('institution', 'pharmacy') then v.subject_id else v.institution_id end as place_id,
        coalesce(o.origin, case when v.lead_id is null then 'case' else 'screening' end) as this_origin,
        v.conclusion in ('confirmed', 'partly_confirmed') as is_true
    from casebook.current_verdict as v
    left join origin_word as o on o.word = lower(v.origin)
),

-- The lines a closed lead carried, those sent for an answer, and those on the lists now.
sent_line as (
    select s.lead_id, l.settlement_id, l.line_id, l.source, l.institution_id, l.subject_type, l.amount, l.fund_amount,
        s.sent_on
    from casebook.appeal_standing as s
    join casebook.appeal_line as l on l.appeal_id = s.appeal_id and l.line_key = s.line_key
    where s.state <> 'void'
),

closed_line as (
    select c.*
    from casebook.suspected_line as c
    where not exists (
        select 1 from sent_line as s
        where s.settlement_id = c.settlement_id
            and (s.line_id is null or c.line_id is null or s.line_id = c.line_id)
    )
),

kept_line as (
    select settlement_id, line_id, amount, fund_amount from sent_line
    union all
    select settlement_id, line_id, amount, fund_amount from closed_line
),

kept as (
    select settlement_id, sum(amount) as amount, sum(fund_amount) as fund_amount
    from kept_line
    group by settlement_id
),

kept_whole as (
    select distinct settlement_id from kept_line where line_id is null
),

-- What is at issue now beyond what is kept: of a settlement as a whole what its kept lines leave, of a line the rest.
open_line as (
    select i.lead_id, i.source, i.institution_id,
        i.amount - coalesce(case when i.line_id is null then k.amount else l.amount end, 0) as amount,
        i.fund_amount - coalesce(case when i.line_id is null then k.fund_amount else l.fund_amount end, 0)
            as fund_amount
    from at_issue as i
    left join kept as k on k.settlement_id = i.settlement_id
    left join kept_line as l on l.settlement_id = i.settlement_id and l.line_id = i.line_id
    where i.line_id is null or not exists (
        select 1 from kept_whole as w where w.settlement_id = i.settlement_id
    )
),

suspected_line as (
    select lead_id, source, institution_id, amount, fund_amount, sent_on as day from sent_line
    union all
    select lead_id, source, institution_id, amount, fund_amount, cast(null as date) from closed_line
    union all
    select lead_id, source, institution_id, amount, greatest(fund_amount, 0), cast(null as date)
    from open_line where amount > 0
),

-- The day a lead was first listed is in the name of the run that opened it.
opened as (
    select lead_id, subject_type, try_cast(substr(opened_run, 1, 4) || '-' || substr(opened_run, 5, 2) || '-'
        || substr(opened_run, 7, 2) as date) as opened_on
    from casebook.lead_register
),

-- Whose verdict came before lines were kept: what the lead had at issue then.
unkept as (
    select v.*
    from verdict as v
    where v.lead_id is not null and v.is_closing and v.amount_at_risk > 0 and v.rule is null
        and not exists (select 1 from suspected_line as l where l.lead_id = v.lead_id)
        and not exists (select 1 from casebook.suspected_line as l where l.lead_id = v.lead_id)
),

-- How a verdict's money is shared among the sources it speaks of: cumulative weights, so that the parts add up.
spoken as (
    select v.verdict_id, v.lead_id, unnest(string_split(v.sources, ';')) as source
    from verdict as v
    where v.sources is not null and v.sources <> ''
),

lead_source as (
    select lead_id, source, sum(amount) as amount from suspected_line group by lead_id, source
),

weighed as (
    select s.verdict_id, s.source,
        greatest(coalesce(l.amount, e.amount, 0), 0)
            + case when sum(greatest(coalesce(l.amount, e.amount, 0), 0)) over (partition by s.verdict_id) = 0
                then 1 else 0 end as weight
    from spoken as s
    left join lead_source as l on l.lead_id = s.lead_id and l.source = s.source
    left join casebook.verdict_evidence as e on e.verdict_id = s.verdict_id and e.source = s.source
),

shared as (
    select verdict_id, source,
        cast(sum(weight) over (partition by verdict_id order by source) as double)
            / cast(sum(weight) over (partition by verdict_id) as double) as upto,
        cast(sum(weight) over (partition by verdict_id order by source) - weight as double)
            / cast(sum(weight) over (partition by verdict_id) as double) as before
    from weighed
    where weight > 0
),

ruled as (
    select lead_id, sum(coalesce(confirmed_amount, 0)) as confirmed, sum(coalesce(confirmed_fund_amount, 0)) as fund,
        sum(coalesce(agreed_amount, 0)) as agreed, sum(coalesce(recovered_amount, 0)) as recovered,
        sum(coalesce(penalty_amount, 0)) as fined, sum(coalesce(transferred_amount, 0)) as transferred
    from verdict
    where lead_id is not null and rule is not null
    group by lead_id
),

-- What the verdict says itself; a whole lead's less what its single rules say.
netted as (
    select v.*,
        case when v.rule is null and r.lead_id is not null
            then greatest(v.confirmed_amount - r.confirmed, 0) else v.confirmed_amount end as net_confirmed,
        case when v.rule is null and r.lead_id is not null
            then greatest(v.confirmed_fund_amount - r.fund, 0) else v.confirmed_fund_amount end as net_fund,
        case when v.rule is null and r.lead_id is not null
            then greatest(v.agreed_amount - r.agreed, 0) else v.agreed_amount end as net_agreed,
        case when v.rule is null and r.lead_id is not null
            then greatest(v.recovered_amount - r.recovered, 0) else v.recovered_amount end as net_recovered,
        case when v.rule is null and r.lead_id is not null
            then greatest(v.penalty_amount - r.fined, 0) else v.penalty_amount end as net_fined,
        case when v.rule is null and r.lead_id is not null
            then greatest(v.transferred_amount - r.transferred, 0) else v.transferred_amount end as net_transferred
    from verdict as v
    left join ruled as r on r.lead_id = v.lead_id
),

verdict_step as (
    select verdict_id, 'confirmed' as step, net_confirmed as amount, net_fund as fund_amount, decided_on as day
    from netted where is_true
    union all
    select verdict_id, 'agreed', net_agreed, null, decided_on from netted where net_agreed is not null
    union all
    select verdict_id, 'recovered', net_recovered, null, coalesce(recovered_on, decided_on)
    from netted where net_recovered is not null
    union all
    select verdict_id, 'fined', net_fined, null, coalesce(penalty_on, decided_on) from netted where net_fined > 0
    union all
    select verdict_id, 'transferred', coalesce(net_transferred, net_confirmed, 0), null,
        coalesce(transferred_on, decided_on)
    from netted where transferred_to is not null or net_transferred > 0
    union all
    select verdict_id, 'suspected', amount_at_risk, null, null from unkept
),

verdict_part as (
    select v.entry_key, v.this_origin as origin, t.step, coalesce(t.day, o.opened_on, v.decided_on) as on_day,
        v.place_id as institution_id, v.subject_type, s.source, v.problem_item, v.handled_by as hand,
        cast(round(cast(t.amount as double) * coalesce(s.upto, 1), 2) as decimal(16, 2))
            - cast(round(cast(t.amount as double) * coalesce(s.before, 0), 2) as decimal(16, 2)) as amount,
        cast(round(cast(t.fund_amount as double) * coalesce(s.upto, 1), 2) as decimal(16, 2))
            - cast(round(cast(t.fund_amount as double) * coalesce(s.before, 0), 2) as decimal(16, 2)) as fund_amount,
        v.lead_id, v.case_no, v.transferred_to
    from verdict_step as t
    join netted as v on v.verdict_id = t.verdict_id
    left join shared as s on s.verdict_id = t.verdict_id
    left join opened as o on o.lead_id = v.lead_id
),

-- A verdict on the lead says what was confirmed; what it leaves open the appeal says.
judged_lead as (
    select lead_id, max(case when conclusion <> 'unsure' then 1 else 0 end) as is_judged,
        max(case when agreed_amount is not null then 1 else 0 end) as is_agreed,
        max(case when recovered_amount is not null then 1 else 0 end) as is_recovered
    from verdict
    where lead_id is not null
    group by lead_id
),

appealed as (
    select n.*, l.institution_id as place_id, coalesce(j.is_judged, 0) as is_judged,
        coalesce(j.is_agreed, 0) as is_agreed, coalesce(j.is_recovered, 0) as is_recovered
    from casebook.appeal_standing as n
    join casebook.appeal_line as l on l.appeal_id = n.appeal_id and l.line_key = n.line_key
    left join judged_lead as j on j.lead_id = n.lead_id
    where n.state <> 'void' and n.step is not null
),

-- fund: what of it the funds paid; a maintained part was explained and never agreed to
appeal_part as (
    select lead_id, 'confirmed' as step, coalesce(reviewed_again_on, reviewed_on, answered_on, on_day) as day,
        place_id, subject_type, source, handled_by,
        accepted_amount + case when state = 'appealing' then 0 else explained_amount end as amount,
        accepted_fund + case when state = 'appealing' then 0 else explained_fund end as fund_amount
    from appealed
    where is_judged = 0 and accepted_amount + case when state = 'appealing' then 0 else explained_amount end > 0
    union all
    select lead_id, 'agreed', coalesce(answered_on, on_day), place_id, subject_type, source, handled_by,
        accepted_amount, accepted_fund
    from appealed
    where is_agreed = 0 and accepted_amount > 0
    union all
    select lead_id, 'recovered', on_day, place_id, subject_type, source, handled_by, paid_amount, null
    from appealed
    where is_recovered = 0 and paid_amount > 0
),

problem as (
    select p.*
    from casebook.current_problem as p
    where not p.is_void and not exists (
        select 1 from verdict as v
        where v.case_no = p.case_no and coalesce(v.place_id, v.subject_id) = p.institution_id
    )
),

problem_step as (
    select problem_id, 'suspected' as step, suspected_amount as amount, null as fund_amount, found_on as day
    from problem where suspected_amount is not null
    union all
    select problem_id, 'confirmed', confirmed_amount, confirmed_fund_amount, found_on
    from problem where confirmed_amount is not null
    union all
    select problem_id, 'agreed', agreed_amount, null, found_on from problem where agreed_amount is not null
    union all
    select problem_id, 'recovered', recovered_amount - coalesce(returned_amount, 0), null,
        coalesce(recovered_on, found_on)
    from problem where recovered_amount is not null
    union all
    select problem_id, 'fined', penalty_amount, null, coalesce(penalty_on, found_on)
    from problem where penalty_amount > 0
    union all
    select problem_id, 'transferred', coalesce(transferred_amount, confirmed_amount, 0), null,
        coalesce(transferred_on, found_on)
    from problem where transferred_to is not null or transferred_amount > 0
),

-- Earlier inspections as delivered; one case may stand there once a rule.
delivered as (
    select i.case_id, i.subject_id, c.subject_type, c.conclusion, i.rule_id, i.inspected_on, i.violation_amount,
        i.recovered_amount, i.penalty_amount, i.transferred_to, min(s.source) as source
    from record.inspection_result as i
    join inspection as c
        on c.case_id = i.case_id and c.subject_id = i.subject_id and c.rule_id is not distinct from i.rule_id
    left join source_name as s on s.name = i.rule_id
    where c.subject_type in ('institution', 'pharmacy')
        and not exists (select 1 from verdict as v where v.case_no = i.case_id and v.subject_id = i.subject_id)
        and not exists (
            select 1 from casebook.current_problem as p
            where p.case_no = i.case_id and p.institution_id = i.subject_id
        )
    group by all
),

delivered_step as (
    select case_id, subject_id, subject_type, source, 'confirmed' as step, violation_amount as amount,
        inspected_on as day, transferred_to
    from delivered where conclusion in ('confirmed', 'partly_confirmed') and violation_amount is not null
    union all
    select case_id, subject_id, subject_type, source, 'recovered', recovered_amount, inspected_on, transferred_to
    from delivered where recovered_amount > 0
    union all
    select case_id, subject_id, subject_type, source, 'fined', penalty_amount, inspected_on, transferred_to
    from delivered where penalty_amount > 0
    union all
    select case_id, subject_id, subject_type, source, 'transferred', coalesce(violation_amount, 0), inspected_on,
        transferred_to
    from delivered where transferred_to is not null
),

declared_item as (
    select institution_id, item_id, period_from, period_to, declared_on, amount, fund_amount, returned_amount
    from casebook.current_self_check as c
    where c.is_found and c.amount > 0
        -- The year's return holds the quarter's.
        and not exists (
            select 1 from casebook.current_self_check as w
            where w.institution_id = c.institution_id and w.item_id = c.item_id
                and w.period_from <= c.period_from and w.period_to >= c.period_to
                and (w.period_from < c.period_from or w.period_to > c.period_to)
        )
        -- What was entered by hand as a problem of a self-check is the same money.
        and not exists (
            select 1 from problem as p
            where p.origin = 'selfcheck' and p.institution_id = c.institution_id
                and (p.problem_item is null or p.problem_item = c.item_id
                    or right(c.item_id, length(p.problem_item) + 1) = '-' || p.problem_item)
        )
),

-- What an institution declares it agrees to; that somebody confirmed it is for a verdict to say.
declared_step as (
    select institution_id, item_id, period_from, period_to, 'agreed' as step, amount, fund_amount, declared_on as day
    from declared_item
    union all
    select institution_id, item_id, period_from, period_to, 'recovered', returned_amount, null, declared_on
    from declared_item where returned_amount > 0
)

select l.lead_id as entry_key, 'screening' as origin, 'suspected' as step, coalesce(o.opened_on, l.day) as on_day,
    l.institution_id, o.subject_type, l.source, cast(null as varchar) as problem_item, cast(null as varchar) as hand,
    cast(sum(l.amount) as decimal(16, 2)) as amount, cast(sum(l.fund_amount) as decimal(16, 2)) as fund_amount,
    l.lead_id, cast(null as varchar) as case_no, cast(null as varchar) as transferred_to
from suspected_line as l
left join opened as o on o.lead_id = l.lead_id
group by all
union all
select entry_key, origin, step, on_day, institution_id, subject_type, source, problem_item, hand, coalesce(amount, 0),
    fund_amount, lead_id, case_no, transferred_to
from verdict_part
union all
select lead_id, 'screening', step, day, place_id, subject_type, source, null, handled_by,
    cast(sum(amount) as decimal(16, 2)), cast(sum(fund_amount) as decimal(16, 2)), lead_id, null, null
from appeal_part
group by all
union all
select 'problem ' || p.problem_id, p.origin, t.step, t.day, p.institution_id, 'institution', p.source, p.problem_item,
    p.handled_by, t.amount, t.fund_amount, null, p.case_no, p.transferred_to
from problem_step as t
join problem as p on p.problem_id = t.problem_id
union all
select case_id || '|' || subject_id, 'case', step, day, subject_id, subject_type, source, null, null,
    cast(sum(amount) as decimal(16, 2)), null, null, case_id, transferred_to
from delivered_step
group by all
union all
select 'selfcheck ' || institution_id || ' ' || item_id || ' ' || cast(period_from as varchar) || ' '
        || cast(period_to as varchar),
    'selfcheck', step, day, institution_id,
    case when item_id like 'pharmacy-%' then 'pharmacy' else 'institution' end, null, item_id, null, amount,
    fund_amount, null, null, null
from declared_step
