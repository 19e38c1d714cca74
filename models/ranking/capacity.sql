-- One row: one lead and what its check would take: who leads, where, how many records and places.
-- rule: its strongest source; sites: institutions where its settlements are
-- is_ensemble: nothing speaks of it but a source that judges by the pattern of all its indicators, an ensemble
-- desk_records, desk_share: what of it the record alone proves (definite findings that carry money), in settlements and
-- as share of its yuan; is_settled: all that is said of it
with extent as (
    select u.lead_id, count(distinct u.settlement_id) as records, count(distinct s.institution_id) as sites
    from model.lead_line as u
    join feature.settlement as s on s.settlement_id = u.settlement_id
    group by u.lead_id
),

at_the_desk as (
    select c.lead_id, count(distinct f.settlement_id) as records, sum(c.counted_amount) as amount
    from model.finding_counted as c
    join model.finding as f on f.finding_id = c.finding_id
    where f.certainty = 'definite' and c.counted_amount > 0
    group by c.lead_id
),

seen_by as (
    select v.lead_id, min(case when j.source is not null then 1 else 0 end) = 1 as is_ensemble,
        min(case when v.certainty = 'definite' then 1 else 0 end) = 1 as is_settled
    from model.lead_evidence as v
    left join model.source_judges as j on j.source = v.source and j.what = 'pattern'
    group by v.lead_id
)

select l.subject_type, l.lead_id, l.rank, split_part(l.rules, ';', 1) as rule, l.institution_id, l.propensity,
    l.fund_at_risk > 0 and cast(l.amount_at_risk as double) >= $least_yuan as is_worth_it,
    cast(l.expected_yield as double) as expected_yield, coalesce(e.records, 0) as records,
    greatest(1, coalesce(e.sites, 1)) as sites, coalesce(b.is_ensemble, false) as is_ensemble,
    coalesce(b.is_settled, false) as is_settled, coalesce(d.records, 0) as desk_records,
    coalesce(cast(d.amount as double) / nullif(cast(l.amount_at_risk as double), 0), 0) as desk_share
from model.lead as l
left join extent as e on e.lead_id = l.lead_id
left join at_the_desk as d on d.lead_id = l.lead_id
left join seen_by as b on b.lead_id = l.lead_id
order by l.subject_type, l.rank
