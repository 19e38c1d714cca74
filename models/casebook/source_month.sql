-- One row: one source: how many it judged and hit, and how much more its hits vary from month to month than chance.
-- noise: Pearson's chi-square over its degrees of freedom, hits expected in proportion to the month's settlements
with month as (
    select month, count(*) as settlements
    from feature.settlement
    group by month
),

whole as (
    select sum(settlements) as settlements, count(*) as months
    from month
),

hit as (
    select source, cast(date_trunc('month', occurred_on) as date) as month, count(distinct finding_id) as n
    from model.finding
    where occurred_on is not null
    group by source, cast(date_trunc('month', occurred_on) as date)
),

dated as (
    select h.source, sum(h.n) as n
    from hit as h
    join month as m on m.month = h.month
    group by h.source
),

expected as (
    select d.source, m.month, cast(d.n as double) * m.settlements / w.settlements as e
    from dated as d
    cross join month as m
    cross join whole as w
),

spread as (
    select e.source, sum((coalesce(h.n, 0) - e.e) * (coalesce(h.n, 0) - e.e) / nullif(e.e, 0)) as chi_square
    from expected as e
    left join hit as h on h.source = e.source and h.month = e.month
    group by e.source
)

select c.source, c.judged, c.hits,
    round(coalesce(s.chi_square / nullif((select months from whole) - 1, 0), 1), 4) as noise
from model.coverage as c
left join spread as s on s.source = c.source
order by c.source
