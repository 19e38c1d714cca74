-- One row: one lead of tier A or B and another lead with money of the same lines or settlements.
-- shared: yuan of the first that the other counts too
with unit as (
    select l.lead_id, l.settlement_id, l.line_id, l.amount, d.tier in ('A', 'B') as is_shown
    from model.lead_line as l
    join model.lead as d on d.lead_id = l.lead_id
),

together as (
    select lead_id, settlement_id, sum(amount) as amount, bool_or(line_id is null) as is_whole,
        bool_or(is_shown) as is_shown
    from unit
    group by lead_id, settlement_id
),

-- A settlement as a whole contains every line of it.
pair as (
    select a.lead_id, b.lead_id as other_id, least(a.amount, b.amount) as amount
    from together as a
    join together as b on b.settlement_id = a.settlement_id and b.lead_id <> a.lead_id
    where a.is_shown and (a.is_whole or b.is_whole)
    union all
    select a.lead_id, b.lead_id, least(a.amount, b.amount)
    from unit as a
    join unit as b on b.settlement_id = a.settlement_id and b.line_id = a.line_id and b.lead_id <> a.lead_id
    where a.is_shown
        and not exists (
            select 1 from together as t
            where t.settlement_id = a.settlement_id and t.is_whole and t.lead_id in (a.lead_id, b.lead_id)
        )
)

select lead_id, other_id, cast(sum(amount) as decimal(16, 2)) as shared
from pair
group by lead_id, other_id
having sum(amount) > 0
order by lead_id, shared desc, other_id
