-- One row: one kind of subject: how many do business, how many have a lead, and of which tier.
with business as (
    select case when is_pharmacy then 'pharmacy' else 'institution' end as subject_type,
        count(distinct institution_id) as subjects
    from feature.settlement
    group by case when is_pharmacy then 'pharmacy' else 'institution' end
    union all
    select 'person', count(distinct person_id)
    from feature.settlement
    union all
    select 'practitioner', count(distinct practitioner_id)
    from feature.practitioner_day
    union all
    select 'group', null
)

select b.subject_type, b.subjects, count(l.lead_id) as leads,
    count(case when l.tier = 'A' then 1 end) as tier_a, count(case when l.tier = 'B' then 1 end) as tier_b
from business as b
left join model.lead as l on l.subject_type = b.subject_type
group by b.subject_type, b.subjects
order by b.subject_type
