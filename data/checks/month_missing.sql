-- warn: The delivery has no month without settlements between its first and its last.
-- zh: 首末月份之间没有缺月
-- of: (select distinct date_trunc('month', ended_on) as month from record.settlement) as m
-- needs: record.settlement.ended_on
with months as (
    select distinct cast(date_trunc('month', ended_on) as date) as month
    from record.settlement
    where ended_on is not null
),

gaps as (
    select month, lag(month) over (order by month) as previous_month
    from months
)

select previous_month, month
from gaps
where date_diff('day', previous_month, month) > 31
