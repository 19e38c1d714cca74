-- warn: A month between the first and the last has half to double the usual number of settlements and fee lines.
-- zh: 除首末月外，各月结算数、明细数在中位数的一半到两倍之间
-- of: (select distinct date_trunc('month', ended_on) as month from record.settlement) as m
-- needs: record.settlement.ended_on record.fee_line.charged_at
with counted as (
    select 'settlement' as counted, cast(date_trunc('month', ended_on) as date) as month, count(*) as number
    from record.settlement
    where ended_on is not null
    group by cast(date_trunc('month', ended_on) as date)
    union all
    select 'fee_line' as counted, cast(date_trunc('month', charged_at) as date) as month, count(*) as number
    from record.fee_line
    where charged_at is not null
    group by cast(date_trunc('month', charged_at) as date)
),

usual as (
    select counted, min(month) as first_month, max(month) as last_month,
        quantile_cont(cast(number as double), 0.5) as usual
    from counted
    group by counted
)

select c.counted, c.month, c.number, u.usual
from counted as c
join usual as u on u.counted = c.counted
where c.month > u.first_month and c.month < u.last_month
    and (c.number < 0.5 * u.usual or c.number > 2 * u.usual)
