-- Lent: ring_group
-- How often each member came to the joint events, and how often their visits to the places would bring them there: a
-- visit falls into an event's window as often as the visits of others do.
with held as (
    select community, event, place, max(members) as members, max(start) as start
    from joint_cell
    group by community, event, place
),
of_group as (
    select g.community, v.place, count(*) as own
    from ring_group as g
    join recorded_visit as v on v.person = g.person
    group by g.community, v.place
),
total as (
    select place, count(*) as visits from recorded_visit group by place
),
widest as (
    select e.community, e.event, max(c.size) as size
    from joint_cell as e
    join (select place, start, max(size) as size from seat group by place, start) as c
        on c.place = e.place and c.start = e.start
    group by e.community, e.event
),
odds as (
    select h.community, h.event, h.place,
        (greatest(w.size - h.members, 0) + 1) / (greatest(t.visits - o.own, 0) + $sparse) as odds
    from held as h
    join widest as w on w.community = h.community and w.event = h.event
    join total as t on t.place = h.place
    join of_group as o on o.community = h.community and o.place = h.place
),
used as (
    select g.community, g.person, v.place, count(*) as visits
    from ring_group as g
    join recorded_visit as v on v.person = g.person
    group by g.community, g.person, v.place
),
came as (
    select e.community, s.person, count(distinct e.event) as times
    from joint_cell as e
    join seat as s on s.place = e.place and s.start = e.start
    group by e.community, s.person
),
expected as (
    select u.community, u.person,
        sum(cast(1 - pow(greatest(1 - o.odds, 0), u.visits) as decimal(18, 9))) as expected
    from used as u
    join odds as o on o.community = u.community and o.place = u.place
    group by u.community, u.person
)
select g.community, g.person, coalesce(c.times, 0) as times, cast(coalesce(x.expected, 0) as double) as expected
from ring_group as g
left join came as c on c.community = g.community and c.person = g.person
left join expected as x on x.community = g.community and x.person = g.person
order by g.community, g.person
