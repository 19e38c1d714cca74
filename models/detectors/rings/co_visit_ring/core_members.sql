-- Those who came to half of a group's joint events, whether the search had put them into it or not; of groups that
-- turn out to be the same persons the first.
with came as (
    select e.community, s.person, count(distinct e.event) as times
    from joint_cell as e
    join seat as s on s.place = e.place and s.start = e.start
    group by e.community, s.person
),
held as (
    select community, count(distinct event) as events from joint_cell group by community
),
core as (
    select c.community, c.person
    from came as c
    join held as h on h.community = c.community
    where c.times >= 0.5 * h.events
),
named as (
    select community, string_agg(person, ' ' order by person) as members from core group by community
),
single as (
    select min(community) as community from named group by members
)
select c.community, c.person
from core as c
join single as s on s.community = c.community
order by c.community, c.person
