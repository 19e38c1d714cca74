-- round_limit: yuan that caps, allowances and standards are set at.
create temp table round_limit as
select cast(unnest([
    50, 60, 80, 100, 120, 150, 200, 250, 300, 350, 400, 500, 600, 800, 1000, 1200, 1500, 2000, 2500, 3000, 4000, 5000,
    6000, 8000, 10000, 12000, 15000, 20000, 30000, 50000
]) as double) as value;

-- Bills just below a limit (hits) against those just above it (beside); same is the commonest amount below it.
with bill as (
    select s.institution_id, g.key_3 as kind, cast(s.total_amount as double) as total,
        case when s.care_setting = 'inpatient' then 'stay bills' else 'bills' end as what
    from feature.settlement as s
    join feature.institution_peer_group as g on g.institution_id = s.institution_id
    left join feature.stay as t on t.encounter_id = s.encounter_id
    where coalesce(s.care_setting, '-') <> 'chronic' and not coalesce(t.is_expected or t.is_ward_day, false)
),
place as (
    select institution_id, what, kind, count(*) as events from bill group by institution_id, what, kind
),
amount as (
    select b.institution_id, b.what, b.kind, l.value, b.total <= l.value as is_below, b.total, count(*) as bills
    from bill as b
    join round_limit as l on b.total > l.value * (1 - $band) and b.total <= l.value * (1 + $band)
    group by b.institution_id, b.what, b.kind, l.value, b.total
),
near as (
    select institution_id, what, kind, value, coalesce(sum(bills) filter (is_below), 0) as hits,
        coalesce(sum(bills) filter (not is_below), 0) as beside, coalesce(max(bills) filter (is_below), 0) as same
    from amount
    group by institution_id, what, kind, value
),
compared as (
    select *, sum(hits) over others - hits as peers_at, sum(beside) over others - beside as peers_beside
    from near
    window others as (partition by kind, what, value)
),
members as (
    select kind, what, count(*) - 1 as peers from place group by kind, what
)
select c.institution_id, c.what, c.value, cast(c.hits as bigint) as hits, cast(c.beside as bigint) as beside,
    1 as sides, cast(p.events as bigint) as events, cast(c.peers_at as bigint) as peers_at,
    cast(c.peers_beside as bigint) as peers_beside, m.peers, cast(c.same as bigint) as same
from compared as c
join place as p on p.institution_id = c.institution_id and p.what = c.what
join members as m on m.kind is not distinct from c.kind and m.what = c.what
where p.events >= $min_events
order by c.institution_id, c.what, c.value
