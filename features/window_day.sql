-- One row: one day on which something was charged, and one window of the calendar that holds it.
-- on_date: the day
-- time_window: day, week (from Monday), month, quarter, year, as the knowledge tables name them
-- window_from: the window's first day; of a week the first day of it with a charge
with charged as (
    select distinct charged_on as on_date from feature.fee_line where charged_on is not null
)

select on_date, 'day' as time_window, on_date as window_from from charged
union all
-- 1900-01-01 was a Monday; the mod of a day count gives the days since the week's own.
select c.on_date, 'week', min(d.on_date)
from charged as c
join charged as d
    on d.on_date <= c.on_date
    and date_diff('day', d.on_date, c.on_date) <= mod(date_diff('day', date '1900-01-01', c.on_date), 7)
group by c.on_date
union all
select on_date, 'month', cast(date_trunc('month', on_date) as date) from charged
union all
select on_date, 'quarter', cast(date_trunc('quarter', on_date) as date) from charged
union all
select on_date, 'year', cast(date_trunc('year', on_date) as date) from charged
