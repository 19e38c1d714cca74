-- One row: one line of a lead, or one settlement where a whole settlement is at issue, with its money once.
-- amount: the largest amount at issue of any finding there, never more than was eligible
-- rate: chance that at least one independent family of evidence is right about it
with by_line as (
    select lead_id, settlement_id, line_id, max(amount) as amount
    from lead_found
    where line_id is not null
    group by lead_id, settlement_id, line_id
),

lines_together as (
    select lead_id, settlement_id, sum(amount) as amount
    from by_line
    group by lead_id, settlement_id
),

whole as (
    select lead_id, settlement_id, max(amount) as amount, max(settlement_eligible) as eligible_amount
    from lead_found
    where line_id is null
    group by lead_id, settlement_id
),

-- Where a whole settlement is at issue its lines are inside it.
unit as (
    select w.lead_id, w.settlement_id, cast(null as varchar) as line_id,
        least(greatest(w.amount, coalesce(t.amount, 0)), w.eligible_amount) as amount
    from whole as w
    left join lines_together as t on t.lead_id = w.lead_id and t.settlement_id = w.settlement_id
    union all
    select b.lead_id, b.settlement_id, b.line_id, b.amount
    from by_line as b
    where not exists (
        select 1 from whole as w where w.lead_id = b.lead_id and w.settlement_id = b.settlement_id
    )
),

heard as (
    select distinct f.lead_id, f.settlement_id, f.line_id, f.family, p.chance
    from lead_found as f
    join family_chance as p on p.lead_id = f.lead_id and p.family = f.family
),

-- Of a whole settlement every family heard anywhere in it speaks, once; of a line those heard there.
speaking as (
    select distinct u.lead_id, u.settlement_id, u.line_id, h.family, h.chance
    from unit as u
    join heard as h
        on h.lead_id = u.lead_id and h.settlement_id = u.settlement_id
        and (u.line_id is null or coalesce(h.line_id, u.line_id) = u.line_id)
),

doubt as (
    select lead_id, settlement_id, line_id,
        -- summed as decimals: the order of rows must not move a cent
        exp(cast(sum(cast(ln(greatest(0.000000001, 1 - chance)) as decimal(18, 9))) as double)) as doubt
    from speaking
    group by lead_id, settlement_id, line_id
)

select u.lead_id, u.settlement_id, u.line_id, cast(u.amount as decimal(16, 2)) as amount,
    cast(u.amount * s.fund_rate as decimal(16, 2)) as fund_amount, 1 - d.doubt as rate
from unit as u
join feature.settlement as s on s.settlement_id = u.settlement_id
join doubt as d on d.lead_id = u.lead_id and d.settlement_id = u.settlement_id
    and coalesce(d.line_id, '') = coalesce(u.line_id, '')
