-- One row: one kind of limitation in force on the day with its years
select p.kind, min(p.years) as years
from knowledge.limitation_period as p
where p.superseded_by is null and coalesce(p.valid_from, date '0001-01-01') <= cast($on as date)
    and coalesce(p.valid_to, date '9999-12-31') >= cast($on as date)
group by p.kind
