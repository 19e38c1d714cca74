-- One row: one subject that does business or was planted, and where the list put it.
-- yuan: planted eligible yuan, 0 where none
-- amount, volume: eligible yuan and settlements of all its business (practitioners: encounters served, by day)
-- rule_hits: hits of live rules, the order a plain rule system would take
with planted as (
    select subject_type, subject_id, sum(amount) as yuan
    from truth.scheme_subject
    where subject_type <> 'group'
    group by subject_type, subject_id
),

business as (
    select case when is_pharmacy then 'pharmacy' else 'institution' end as subject_type,
        institution_id as subject_id, sum(eligible_amount) as amount, count(*) as volume
    from feature.settlement
    group by case when is_pharmacy then 'pharmacy' else 'institution' end, institution_id
    union all
    select 'person', person_id, sum(eligible_amount), count(*)
    from feature.settlement
    group by person_id
    union all
    select 'practitioner', practitioner_id, sum(eligible_amount), sum(encounters)
    from feature.practitioner_day
    group by practitioner_id
),

rule_hit as (
    select f.subject_type, f.subject_id, count(*) as rule_hits
    from model.finding as f
    join model.coverage as c on c.source = f.source
    where f.outcome = 'hit' and c.status = 'live' and c.kind = 'rule'
    group by f.subject_type, f.subject_id
)

select coalesce(b.subject_type, p.subject_type) as subject_type, coalesce(b.subject_id, p.subject_id) as subject_id,
    p.subject_id is not null as is_planted, coalesce(cast(p.yuan as double), 0) as yuan,
    coalesce(cast(b.amount as double), 0) as amount, coalesce(cast(b.volume as double), 0) as volume,
    coalesce(h.rule_hits, 0) as rule_hits, l.rank, l.tier
from business as b
full join planted as p on p.subject_type = b.subject_type and p.subject_id = b.subject_id
left join rule_hit as h on h.subject_type = b.subject_type and h.subject_id = b.subject_id
left join model.lead as l
    on l.subject_type = coalesce(b.subject_type, p.subject_type)
    and l.subject_id = coalesce(b.subject_id, p.subject_id)
order by 1, 2
