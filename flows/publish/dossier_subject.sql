-- One row: one lead of tier A or B with what is known of its subject, and all the business it had.
-- owner: who answers for the place; in braces is SQL, how the name is written (over o)
-- level: the grade's name, English: only the level; business: eligible yuan of all its settlements (of a practitioner,
-- of all lines ordered)
with by_place as (
    select institution_id as subject_id, sum(eligible_amount) as business from feature.settlement group by institution_id
),

by_person as (
    select person_id as subject_id, sum(eligible_amount) as business from feature.settlement group by person_id
),

by_practitioner as (
    select practitioner_id as subject_id, sum(eligible_amount) as business
    from feature.practitioner_day
    group by practitioner_id
)

select l.lead_id, o.institution_level as level, g.name_zh as level_zh, o.approved_beds as beds, {owner} as owner, o.ownership,
    d.practice_scope_name as practice_scope, p.sex,
    cast(floor(date_diff('day', p.birth_on, l.last_on) / 365.25) as integer) as age,
    coalesce(b.business, w.business, t.business) as business, l.institution_id, m.institution_name
from model.lead as l
left join feature.institution as o on l.subject_type in ('institution', 'pharmacy') and o.institution_id = l.subject_id
left join knowledge.institution_grade as g on g.institution_grade = o.institution_grade
left join feature.practitioner as d on l.subject_type = 'practitioner' and d.practitioner_id = l.subject_id
left join feature.person as p on l.subject_type = 'person' and p.person_id = l.subject_id
left join feature.institution as m on m.institution_id = l.institution_id
left join by_place as b on l.subject_type in ('institution', 'pharmacy') and b.subject_id = l.subject_id
left join by_person as w on l.subject_type = 'person' and w.subject_id = l.subject_id
left join by_practitioner as t on l.subject_type = 'practitioner' and t.subject_id = l.subject_id
where l.tier in ('A', 'B')
order by l.lead_id
