-- Groups at institutions, each on each day: how many windows chance had.
select count(distinct (kind, group_id, institution_id)) * (date_diff('day', min(started_on), max(started_on)) + 1)
from stay_of_group
where is_judged and not is_course;
