-- One row: one source of the domain: named by it, or with a finding that belongs to it. A finding about several subjects
-- is one hit. A source that the last run did not have has no status.
with own as (
    select d.source, count(distinct (f.settlement_id, f.line_id, f.encounter_id, f.person_id, f.occurred_on, f.detail))
            as in_domain
    from domain_finding as d
    join model.finding as f on f.finding_id = d.finding_id
    group by d.source
),

named as (
    select source from own
    union
    select part from knowledge.domain_part where domain = $domain and kind = 'source'
)

select n.source, c.kind, c.status, c.judged, c.hits, coalesce(o.in_domain, 0) as in_domain, c.cannot_judge, c.reason
from named as n
left join model.coverage as c on c.source = n.source
left join own as o on o.source = n.source
order by case c.status when 'live' then 0 when 'trial' then 1 else 2 end, coalesce(o.in_domain, 0) desc, n.source
