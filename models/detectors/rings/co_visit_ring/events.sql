-- joint_cell: a cell with three members or more and the share asked of the group. Overlapping cells are one event, and
-- so is a day with a clock. An event's number is its place's, moved up by 32 bits, and its own within the place.
create temp table joint_cell as
with met as (
    select community, place, way, start, count(distinct person) as members
    from group_seat
    group by community, size, place, way, start
    having count(distinct person) >= 3 and count(distinct person) >= $share * size
),
dated as (
    select *, case when way = 0 then start // 24 else start end as day from met
),
parted as (
    select *, case when day - lag(day) over (partition by community, place order by start)
        <= case when way = 2 then 1 else 0 end then 0 else 1 end as is_new
    from dated
)
select community, place, way, start, members, day,
    cast(place as bigint) * 4294967296
        + cast(sum(is_new) over (partition by community, place order by start) as bigint) as event
from parted;

select community, count(distinct event) as events from joint_cell group by community order by community;
