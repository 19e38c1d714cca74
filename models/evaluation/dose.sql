-- One row: one planted subject of one scheme: its planted share of its business, and whether the list shows it early.
-- share: planted eligible yuan over all its eligible yuan; null for a subject without business of its own
-- is_found: within the first 2R places of its list (R subjects planted there)
with planted as (
    select scheme, subject_type, subject_id, sum(amount) as yuan
    from truth.scheme_subject
    where subject_type <> 'group'
    group by scheme, subject_type, subject_id
),

size as (
    select subject_type, count(distinct subject_id) as r
    from planted
    group by subject_type
),

business as (
    select case when is_pharmacy then 'pharmacy' else 'institution' end as subject_type,
        institution_id as subject_id, sum(eligible_amount) as amount
    from feature.settlement
    group by case when is_pharmacy then 'pharmacy' else 'institution' end, institution_id
    union all
    select 'person', person_id, sum(eligible_amount)
    from feature.settlement
    group by person_id
    union all
    select 'practitioner', practitioner_id, sum(eligible_amount)
    from feature.practitioner_day
    group by practitioner_id
)

select p.scheme, p.subject_type, p.subject_id,
    least(1.0, cast(p.yuan as double) / nullif(cast(b.amount as double), 0)) as share,
    coalesce(l.rank <= 2 * s.r, false) as is_found
from planted as p
join size as s on s.subject_type = p.subject_type
left join business as b on b.subject_type = p.subject_type and b.subject_id = p.subject_id
left join model.lead as l on l.subject_type = p.subject_type and l.subject_id = p.subject_id
order by p.scheme, p.subject_type, p.subject_id
