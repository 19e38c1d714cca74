-- warn: A month of an institution with 30 settlements a month has a third to three times its usual number.
-- zh: 月均30笔以上的机构各月结算数在其中位数的三分之一到三倍之间
-- of: (select distinct institution_id from record.settlement) as i
-- needs: record.settlement.ended_on
with counted as (
    select institution_id, cast(date_trunc('month', ended_on) as date) as month, count(*) as settlements
    from record.settlement
    where ended_on is not null
    group by institution_id, cast(date_trunc('month', ended_on) as date)
),

usual as (
    select institution_id, quantile_cont(cast(settlements as double), 0.5) as usual
    from counted
    group by institution_id
),

bounds as (
    select min(month) as first_month, max(month) as last_month
    from counted
)

select c.institution_id, c.month, c.settlements, u.usual
from counted as c
join usual as u on u.institution_id = c.institution_id
join bounds as b on c.month > b.first_month and c.month < b.last_month
where u.usual >= 30 and (3 * c.settlements < u.usual or c.settlements > 3 * u.usual)
