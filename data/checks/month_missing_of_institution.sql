-- warn: An institution with 30 settlements a month has none without, from its first month on.
-- zh: 月均30笔以上的机构自首月起没有缺月
-- of: (select distinct institution_id from record.settlement) as i
-- needs: record.settlement.ended_on
with counted as (
    select institution_id, cast(date_trunc('month', ended_on) as date) as month, count(*) as settlements
    from record.settlement
    where ended_on is not null
    group by institution_id, cast(date_trunc('month', ended_on) as date)
),

usual as (
    select institution_id, min(month) as first_month, quantile_cont(cast(settlements as double), 0.5) as usual
    from counted
    group by institution_id
),

expected as (
    select u.institution_id, m.month, u.usual
    from usual as u
    join (select distinct month from counted) as m on m.month > u.first_month
    where u.usual >= 30
)

select x.institution_id, x.month, x.usual
from expected as x
left join counted as c on c.institution_id = x.institution_id and c.month = x.month
where c.institution_id is null
