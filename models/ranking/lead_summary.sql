-- One row: one lead with its money and its extent.
-- amount_at_risk, fund_at_risk: yuan of its lines and settlements, each once
-- expected_yield: sum of chance times that money
-- indicator_amount: the largest yuan that a finding without a settlement would amount to, never above its business;
--     it says how far the subject stands from its peers, not what can be asked back
with money as (
    select lead_id, sum(amount) as amount, sum(fund_amount) as fund_amount, sum(cast(amount * rate as decimal(18, 4))) as expected
    from lead_unit
    group by lead_id
),

excess as (
    select lead_id, max(excess) as amount
    from lead_evidence
    where excess is not null
    group by lead_id
),

extent as (
    select r.lead_id, count(*) as findings, count(distinct f.settlement_id) as settlements,
        count(distinct f.person_id) as persons, min(f.occurred_on) as first_on, max(f.occurred_on) as last_on
    from listed_finding as f
    join ranked_subject as r on r.subject_type = f.subject_type and r.subject_id = f.subject_id
    group by r.lead_id
),

-- Where most of what was found is; the same money found twice counts twice here.
found_at as (
    select r.lead_id, f.institution_id, sum(coalesce(f.amount, 0)) as amount, count(*) as findings
    from listed_finding as f
    join ranked_subject as r on r.subject_type = f.subject_type and r.subject_id = f.subject_id
    where f.institution_id is not null
    group by r.lead_id, f.institution_id
),

main_place as (
    select lead_id, institution_id
    from (
        select lead_id, institution_id,
            row_number() over (partition by lead_id order by amount desc, findings desc, institution_id) as place
        from found_at
    ) as ordered
    where place = 1
),

-- A verdict that was delivered as an inspection too counts once.
proven as (
    select case when i.subject_type in ('institution', 'pharmacy') then 'place' else i.subject_type end as kind,
        i.subject_id, i.case_id as said_by
    from inspection as i
    where i.conclusion = 'confirmed' and i.subject_type is not null
    union
    select case when v.subject_type in ('institution', 'pharmacy') then 'place' else v.subject_type end, v.subject_id,
        coalesce(v.case_no, v.verdict_id)
    from casebook.current_verdict as v
    where v.conclusion = 'confirmed' and v.subject_type <> 'group'
),

history as (
    select p.kind, coalesce(c.kept_id, p.subject_id) as subject_id, count(*) as confirmed
    from proven as p
    left join casebook.current_same as c
        on c.subject_id = p.subject_id
        and case when c.subject_type in ('institution', 'pharmacy') then 'place' else c.subject_type end = p.kind
    group by p.kind, coalesce(c.kept_id, p.subject_id)
),

told as (
    select case when t.subject_type in ('institution', 'pharmacy') then 'place' else t.subject_type end as kind,
        t.subject_id, count(*) as tips
    from tip_subject as t
    -- The platform's suspicions and other departments' rows are looked into, but nobody vouches for them.
    where t.subject_id is not null and t.kind in ('tip', 'hand_down')
    group by case when t.subject_type in ('institution', 'pharmacy') then 'place' else t.subject_type end, t.subject_id
),

together as (
    select r.*, x.findings, x.settlements, x.persons, x.first_on, x.last_on,
        coalesce(m.amount, 0) as line_amount, coalesce(m.fund_amount, 0) as line_fund,
        coalesce(m.expected, 0) as line_expected,
        case when e.amount is not null then least(e.amount, coalesce(r.eligible_amount, e.amount)) end as indicator,
        coalesce(h.confirmed, 0) as prior_confirmed, coalesce(o.tips, 0) as tips,
        case when r.subject_type in ('institution', 'pharmacy') then r.subject_id else p.institution_id end
            as institution_id
    from ranked_subject as r
    join extent as x on x.lead_id = r.lead_id
    left join money as m on m.lead_id = r.lead_id
    left join excess as e on e.lead_id = r.lead_id
    left join main_place as p on p.lead_id = r.lead_id
    left join history as h
        on h.subject_id = r.subject_id
        and h.kind = case when r.subject_type in ('institution', 'pharmacy') then 'place' else r.subject_type end
    left join told as o
        on o.subject_id = r.subject_id
        and o.kind = case when r.subject_type in ('institution', 'pharmacy') then 'place' else r.subject_type end
)

select lead_id, subject_type, subject_id, previous_lead_id, is_opened, findings, settlements, persons, first_on,
    last_on, prior_confirmed, tips, institution_id,
    cast(line_amount as decimal(16, 2)) as amount_at_risk, cast(line_fund as decimal(16, 2)) as fund_at_risk,
    cast(line_expected as decimal(16, 2)) as expected_yield, cast(indicator as decimal(16, 2)) as indicator_amount
from together
