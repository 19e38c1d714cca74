-- One row: one subject of this run and the lead it belongs to: its open one, else a new one that names the
-- closed one. group_key of a group: the open group that shares most members with it, if at least half.
with members as (
    select group_key, count(*) as n
    from model.group_member
    group by group_key
),

known_member as (
    select r.lead_id, m.person_id
    from casebook.lead_register as r
    join casebook.group_membership as m on m.lead_id = r.lead_id
    where r.subject_type = 'group' and r.closed_on is null
),

known_size as (
    select lead_id, count(*) as n
    from known_member
    group by lead_id
),

shared as (
    select g.group_key, k.lead_id, count(*) as n
    from model.group_member as g
    join known_member as k on k.person_id = g.person_id
    group by g.group_key, k.lead_id
),

likeness as (
    select s.group_key, s.lead_id, cast(s.n as double) / nullif(m.n + k.n - s.n, 0) as jaccard
    from shared as s
    join members as m on m.group_key = s.group_key
    join known_size as k on k.lead_id = s.lead_id
),

same_group as (
    select group_key, lead_id
    from (
        select group_key, lead_id, jaccard,
            row_number() over (partition by group_key order by jaccard desc, lead_id) as mine,
            row_number() over (partition by lead_id order by jaccard desc, group_key) as theirs
        from likeness
    ) as matched
    where mine = 1 and theirs = 1 and jaccard >= 0.5
),

standing as (
    select s.subject_type, s.subject_id, coalesce(g.lead_id, r.lead_id) as open_lead_id
    from ranking_subject as s
    left join casebook.lead_register as r
        on r.subject_type = s.subject_type and r.subject_key = s.subject_id and r.closed_on is null
    left join same_group as g on s.subject_type = 'group' and g.group_key = s.subject_id
),

closed as (
    select subject_type, subject_key, lead_id, ended
    from (
        select subject_type, subject_key, lead_id,
            row_number() over (partition by subject_type, subject_key order by closed_on desc, lead_id) as place,
            count(*) over (partition by subject_type, subject_key) as ended
        from casebook.lead_register
        where closed_on is not null
    ) as history
    where place = 1
)

select s.subject_type, s.subject_id,
    coalesce(
        s.open_lead_id,
        'L' || upper(substr(md5(s.subject_type || '|' || s.subject_id || '|' || cast(coalesce(c.ended, 0) as varchar)), 1, 12))
    ) as lead_id,
    s.open_lead_id is null as is_opened,
    case when s.open_lead_id is null then c.lead_id end as previous_lead_id
from standing as s
left join closed as c on c.subject_type = s.subject_type and c.subject_key = s.subject_id
