-- One row: one working day from $first to $last: no weekend and no holiday, or a weekend's day that is worked.
-- Beyond the last year that is arranged only weekends and the days off that the law names are left out.
with days as (
    select cast(unnest(generate_series(cast($first as date), cast($last as date), interval 1 day)) as date) as on_date
),

marked as (
    select on_date, max(kind) as kind from knowledge.calendar group by on_date
)

select d.on_date
from days as d
left join marked as m on m.on_date = d.on_date
where m.kind = 'workday' or (m.kind is null and isodow(d.on_date) < 6)
order by d.on_date
