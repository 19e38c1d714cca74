-- Stays of one length (hits) against the two shorter and two longer (beside); the others of the same kind of hospital.
with counted as (
    select s.institution_id, g.key_3 as kind, s.days as value, count(*) as hits
    from feature.stay as s
    join feature.institution_peer_group as g on g.institution_id = s.institution_id
    -- A bill of a stay settled in parts is as long as the cashier makes it.
    where s.days is not null and not s.is_ward_day and not s.is_expected
        and not coalesce(s.is_cut, false)
    group by s.institution_id, g.key_3, s.days
),
place as (
    select institution_id, kind, sum(hits) as events from counted group by institution_id, kind
),
length as (
    select distinct value from counted where value >= $least_nights
),
near as (
    select p.institution_id, p.kind, p.events, l.value,
        coalesce(sum(c.hits) filter (c.value = l.value), 0) as hits,
        coalesce(sum(c.hits) filter (c.value <> l.value), 0) as beside
    from place as p
    cross join length as l
    join counted as c on c.institution_id = p.institution_id and c.value between l.value - 2 and l.value + 2
    group by p.institution_id, p.kind, p.events, l.value
),
compared as (
    select *, sum(hits) over others - hits as peers_at, sum(beside) over others - beside as peers_beside
    from near
    window others as (partition by kind, value)
),
members as (
    select kind, count(*) - 1 as peers from place group by kind
)
select c.institution_id, 'nights' as what, cast(c.value as double) as value, cast(c.hits as bigint) as hits,
    cast(c.beside as bigint) as beside, 4 as sides, cast(c.events as bigint) as events,
    cast(c.peers_at as bigint) as peers_at, cast(c.peers_beside as bigint) as peers_beside, m.peers,
    cast(0 as bigint) as same
from compared as c
join members as m on m.kind is not distinct from c.kind
where c.events >= $min_events
order by c.institution_id, c.value
