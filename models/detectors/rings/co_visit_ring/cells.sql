-- Lent: searched_visit
-- A cell is a place and a window of one tick or, with a clock and for stays, two; windows overlap by half, so that
-- neighbours are never parted by a boundary.

-- crowded_window: busier than the bound; who belongs together there cannot be told.
create temp table crowded_window as
select place, case when way = 1 then tick else tick // 2 * 2 end as start
from searched_visit
group by all
having count(distinct person) > $max_cell;

-- seat: a person in a cell of several.
create temp table seat as
with windowed as (
    select person, place, way, case when way = 1 then tick else tick // 2 * 2 end as start, tick
    from searched_visit
    union all
    select person, place, way, (tick + 1) // 2 * 2 - 1, tick from searched_visit where way <> 1
),
seated as (
    select place, way, start, person, min(case when way = 0 then tick // 24 else tick end) as day
    from windowed
    group by place, way, start, person
),
sized as (
    select *, count(*) over (partition by place, start) as size from seated
)
select * from sized where size between 2 and $max_cell;

select coalesce(sum(size), 0) as pairs from seat;
