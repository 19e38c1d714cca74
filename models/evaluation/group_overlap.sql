-- One row: one group lead and one planted group that it shares persons with.
-- members: persons of the lead; shared: those of them who belong to the planted group
with ringed as (
    select distinct group_id, subject_id as person_id
    from truth.scheme_subject
    where subject_type = 'person' and group_id is not null
),

member as (
    select l.lead_id, m.person_id, count(*) over (partition by l.lead_id) as members
    from model.lead as l
    join casebook.group_membership as m on m.lead_id = l.lead_id
    where l.subject_type = 'group'
)

select m.lead_id, r.group_id, max(m.members) as members, count(*) as shared
from member as m
join ringed as r on r.person_id = m.person_id
group by m.lead_id, r.group_id
