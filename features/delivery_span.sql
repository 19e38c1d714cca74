-- One row: the first and the last day that the delivery holds as a whole.
-- first_on, last_on: days with at least a fifth of the settlements of a usual day; bills paid late at the counter and a
--     few stragglers of the month after do not make a day
with daily as (
    select settled_on, count(*) as settlements from feature.settlement where settled_on is not null group by settled_on
),

usual as (
    select quantile_cont(cast(settlements as double), 0.5) as settlements from daily
)

select min(d.settled_on) as first_on, max(d.settled_on) as last_on
from daily as d
cross join usual as u
where cast(d.settlements as double) >= 0.2 * u.settlements
