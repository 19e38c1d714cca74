-- One row: two leads with money in common, in each direction; amount: the yuan that stand in both.
-- The same line stands in both with the lesser of its amounts; where the whole of a settlement is at issue in one of
-- them, all that the other has there is inside it.
with settled as (
    select lead_id, settlement_id, sum(amount) as amount,
        max(case when line_id is null then 1 else 0 end) as is_whole
    from model.lead_line
    group by lead_id, settlement_id
),

shared as (
    select a.lead_id, b.lead_id as other_lead_id, least(a.amount, b.amount) as amount
    from settled as a
    join settled as b on b.settlement_id = a.settlement_id and b.lead_id <> a.lead_id
    where a.is_whole = 1 or b.is_whole = 1
    union all
    select a.lead_id, b.lead_id, least(a.amount, b.amount)
    from model.lead_line as a
    join model.lead_line as b
        on b.settlement_id = a.settlement_id and b.line_id = a.line_id and b.lead_id <> a.lead_id
)

select lead_id, other_lead_id, cast(sum(amount) as decimal(16, 2)) as amount
from shared
group by lead_id, other_lead_id
having sum(amount) > 0
