-- Lent: ring_group
-- group_seat: a seat of a member of a group.
create temp table group_seat as
with sized as (
    select *, count(*) over (partition by community) as size from ring_group
)
select g.community, g.size, s.person, s.place, s.way, s.start
from sized as g
join seat as s on s.person = g.person
