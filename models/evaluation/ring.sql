-- One row: one group lead or planted group: how many of its members belong to the planted group it fits best.
-- group_id, scheme: that planted group and what it does; null where the lead has no planted member
-- members, planted_members, shared: persons of the lead, of the planted group, of both
with ring as (
    select group_id, max(scheme) as scheme, subject_id as person_id, sum(amount) as yuan
    from truth.scheme_subject
    where subject_type = 'person' and group_id is not null
    group by group_id, subject_id
),

ring_size as (
    select group_id, max(scheme) as scheme, count(*) as n, sum(yuan) as yuan
    from ring
    group by group_id
),

member as (
    select l.lead_id, m.person_id
    from model.lead as l
    join casebook.group_membership as m on m.lead_id = l.lead_id
    where l.subject_type = 'group'
),

best as (
    select lead_id, group_id, shared
    from (
        select lead_id, group_id, shared,
            row_number() over (partition by lead_id order by shared desc, group_id) as place
        from group_overlap
    ) as ordered
    where place = 1
),

listed as (
    select l.lead_id, l.rank, l.tier, cast(l.amount_at_risk as double) as amount, b.group_id,
        count(m.person_id) as members, coalesce(max(b.shared), 0) as shared
    from model.lead as l
    left join member as m on m.lead_id = l.lead_id
    left join best as b on b.lead_id = l.lead_id
    where l.subject_type = 'group'
    group by l.lead_id, l.rank, l.tier, l.amount_at_risk, b.group_id
)

select l.lead_id, l.rank, l.tier, coalesce(l.amount, 0) as amount, coalesce(l.group_id, s.group_id) as group_id, s.scheme,
    coalesce(l.members, 0) as members, coalesce(s.n, 0) as planted_members, coalesce(l.shared, 0) as shared,
    coalesce(cast(s.yuan as double), 0) as yuan
from listed as l
full join ring_size as s on s.group_id = l.group_id
order by l.rank nulls last, group_id
