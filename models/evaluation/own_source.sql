-- One row: one scheme and one source that is made for it: it finds the scheme's settlements five times as often
-- as chance would, and reaches a twentieth of them.
with planted as (
    select distinct scheme, settlement_id
    from truth.scheme_line
),

hit as (
    select distinct f.source, f.settlement_id
    from model.finding as f
    join model.coverage as c on c.source = f.source
    where f.outcome = 'hit' and c.status = 'live' and f.settlement_id is not null
),

size as (
    select p.scheme, count(*) as n, cast(count(*) as double) / (select count(*) from feature.settlement) as share
    from planted as p
    group by p.scheme
),

reach as (
    select h.source, count(*) as n
    from hit as h
    group by h.source
),

together as (
    select p.scheme, h.source, count(*) as n
    from planted as p
    join hit as h on h.settlement_id = p.settlement_id
    group by p.scheme, h.source
)

select t.scheme, t.source
from together as t
join size as s on s.scheme = t.scheme
join reach as r on r.source = t.source
where t.n >= 0.05 * s.n and cast(t.n as double) / r.n >= 5 * s.share
order by t.scheme, t.source
