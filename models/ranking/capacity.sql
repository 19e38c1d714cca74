-- One row: one lead and what its check would take: who leads, where, how many records and places.
-- rule: its strongest source; sites: institutions where its settlements are
-- is_ensemble: nothing but an ensemble detector speaks of it
with extent as (
    select u.lead_id, count(distinct u.settlement_id) as records, count(distinct s.institution_id) as sites
    from model.lead_line as u
    join feature.settlement as s on s.settlement_id = u.settlement_id
    group by u.lead_id
),

seen_by as (
    select lead_id, min(case when source like '%ensemble' then 1 else 0 end) = 1 as is_ensemble
    from model.lead_evidence
    group by lead_id
)

select l.subject_type, l.lead_id, l.rank, cast(l.score as double) as score, split_part(l.rules, ';', 1) as rule,
    l.institution_id, coalesce(e.records, 0) as records, greatest(1, coalesce(e.sites, 1)) as sites,
    coalesce(b.is_ensemble, false) as is_ensemble
from model.lead as l
left join extent as e on e.lead_id = l.lead_id
left join seen_by as b on b.lead_id = l.lead_id
order by l.subject_type, l.rank
