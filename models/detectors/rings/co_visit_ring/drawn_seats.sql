-- Lent: drawn_visit
-- group_seat: a seat that a member of a group would have had, had the visits fallen as drawn.
create temp table group_seat as
select community, size, person, place, way, case when way = 1 then tick else tick // 2 * 2 end as start
from drawn_visit
union
select community, size, person, place, way, (tick + 1) // 2 * 2 - 1 from drawn_visit where way <> 1
