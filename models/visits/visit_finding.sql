-- One row: one finding of a lead at the place where its bill was made, with the part of that place's money it carries.
-- institution_id: where the bill is; of a finding without a bill the place it names, else where its lead mostly is
-- counted_amount, counted_fund: as the report adds its lists up: of a line the lead that says most of it, of a
-- settlement the lead that has the whole at issue, or all leads' lines where they come to more; each yuan once
-- expected: the yuan times the chance that somebody is right about them
with candidates as (
    select u.settlement_id, u.line_id, u.lead_id, u.amount, u.rate,
        row_number() over (
            partition by u.settlement_id, coalesce(u.line_id, '')
            order by u.amount desc, case when l.subject_type in ('institution', 'pharmacy') then 0 else 1 end, u.lead_id
        ) as place
    from model.lead_line as u
    join model.lead as l on l.lead_id = u.lead_id
),

best as (
    select * from candidates where place = 1
),

settled as (
    select settlement_id, sum(case when line_id is null then amount else 0 end) as whole,
        sum(case when line_id is null then 0 else amount end) as lines,
        max(case when line_id is null then 1 else 0 end) as has_whole
    from best
    group by settlement_id
),

carrying as (
    select b.settlement_id, b.line_id, b.lead_id, b.rate
    from best as b
    join settled as t on t.settlement_id = b.settlement_id
    where (b.line_id is null and t.whole >= t.lines)
        or (b.line_id is not null and (t.has_whole = 0 or t.whole < t.lines))
)

select coalesce(
        s.institution_id,
        f.institution_id,
        case when f.subject_type in ('institution', 'pharmacy') then f.subject_id end,
        l.institution_id
    ) as institution_id,
    c.finding_id, c.lead_id, l.subject_type, l.subject_id, l.tier, f.source, f.certainty, f.settlement_id, f.line_id,
    coalesce(f.encounter_id, s.encounter_id, f.settlement_id) as encounter_id,
    coalesce(f.person_id, s.person_id) as person_id, f.practitioner_id, f.occurred_on, f.amount,
    cast(case when k.lead_id is null then 0 else c.counted_amount end as decimal(16, 2)) as counted_amount,
    cast(case when k.lead_id is null then 0 else c.counted_fund end as decimal(16, 2)) as counted_fund,
    -- summed as decimals: the order of rows must not move a cent
    cast(case when k.lead_id is null then 0.0 else cast(c.counted_amount as double) * k.rate end as decimal(18, 4))
        as expected
from model.finding_counted as c
join model.finding as f on f.finding_id = c.finding_id
join model.lead as l on l.lead_id = c.lead_id
left join feature.settlement as s on s.settlement_id = f.settlement_id
left join carrying as k
    on k.lead_id = c.lead_id and k.settlement_id = f.settlement_id
    and coalesce(k.line_id, f.line_id, '') = coalesce(f.line_id, '')
