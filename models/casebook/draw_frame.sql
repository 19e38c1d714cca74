-- One row: one contracted institution or drugstore that may be drawn, with the tier of its open lead and its last check.
-- group_name: A, B, C, or none where nothing is open about it
with lead as (
    select subject_id, min(tier) as tier
    from model.lead
    where subject_type in ('institution', 'pharmacy')
    group by subject_id
),

checked as (
    select subject_id, max(day) as checked_on
    from (
        select subject_id, inspected_on as day
        from record.inspection_result
        union all
        select subject_id, decided_on
        from casebook.current_verdict
        where subject_type in ('institution', 'pharmacy')
    ) as days
    where day <= cast($on as date)
    group by subject_id
)

select i.institution_id as unit, case when i.is_pharmacy then 'pharmacy' else 'institution' end as subject_type,
    i.institution_name as subject_name, i.division as region, coalesce(l.tier, 'none') as group_name, c.checked_on
from feature.institution as i
left join lead as l on l.subject_id = i.institution_id
left join checked as c on c.subject_id = i.institution_id
where coalesce(i.contract_to, date '9999-12-31') >= cast($on as date)
order by i.institution_id
