-- One row: one day on which somebody began a stay, was charged or settled, and whether it was a day of rest.
-- is_rest: a public holiday, or a weekend that was not worked in a holiday's stead; null where the arrangement of its year
--     is not at hand (only the days that the law itself names are known then): weekends may have been worked, and
--     weekdays off
with day as (
    select started_on as on_date from feature.settlement where started_on is not null
    union
    select settled_on from feature.settlement where settled_on is not null
    union
    select started_on from feature.encounter where started_on is not null
    union
    select charged_on from feature.fee_line where charged_on is not null
),

special as (
    select on_date, max(case when kind in ('holiday', 'statutory') then 1 else 0 end) as is_free,
        max(case when kind = 'workday' then 1 else 0 end) as is_worked
    from knowledge.calendar
    group by on_date
),

-- A year is arranged as a whole, by one notice of the State Council.
arranged as (
    select distinct year(on_date) as year_number from knowledge.calendar where kind <> 'statutory'
)

select d.on_date,
    case
        when s.is_worked = 1 then false
        when s.is_free = 1 then true
        when a.year_number is not null then ((date_diff('day', date '2000-01-03', d.on_date) % 7) + 7) % 7 >= 5
    end as is_rest
from day as d
left join special as s on s.on_date = d.on_date
left join arranged as a on a.year_number = year(d.on_date)
