-- One row: the days one planned visit takes of its people, held or still to come; a dropped one takes none.
select c.team_number, p.team, c.start_on, c.start_half, c.end_on, c.end_half, c.half_days
from casebook.current_plan_visit as c
join casebook.plan as p on p.plan_id = c.plan_id
where c.act <> 'drop'
