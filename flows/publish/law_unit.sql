-- One row: a unit of law that a source rests on, for one kind of subject and one period of law; cited_law (source, id) is
-- made of the cards. A unit holds from its first to its last day, so a period runs from one change of the law to the next.
with start as (
    select date '0001-01-01' as begins
    union
    select valid_from from knowledge.legal_basis where valid_from is not null
    union
    select cast(valid_to + 1 as date) from knowledge.legal_basis where valid_to is not null
),

period as (
    select begins, coalesce(cast(lead(begins) over (order by begins) - 1 as date), date '9999-12-31') as ends
    from start
),

-- What stands beside a unit once a later law is in force binds whom the unit binds, however wide it is worded.
named as (
    select c.source, u.id, u.binds
    from cited_law as c
    join knowledge.legal_basis as u on u.id = c.id
    union
    select c.source, u.joined_by, u.binds
    from cited_law as c
    join knowledge.legal_basis as u on u.id = c.id
    where u.joined_by is not null
),

holding as (
    select n.source, n.binds, p.begins, p.ends, u.id, u.law, u.article, u.paragraph, u.item, u.citation, u.role,
        u.summary, u.trust, u.valid_from,
        case when u.trust in ('high', 'medium') then u.quotation end as quotation
    from named as n
    join knowledge.legal_basis as u on u.id = n.id
    join period as p
        on p.begins between coalesce(u.valid_from, date '0001-01-01') and coalesce(u.valid_to, date '9999-12-31')
),

-- A doctor's act is the institution's before this law; a group is its persons and its places.
kind as (
    select *
    from (
        values ('institution', 'institution'), ('pharmacy', 'institution'), ('practitioner', 'institution'),
            ('person', 'person'), ('group', null)
    ) as answering(subject_type, answers)
),

bound as (
    select k.subject_type, h.*,
        k.answers is null or h.binds in (k.answers, 'anyone', 'authority') as is_own
    from holding as h cross join kind as k
),

-- Where a source's clauses punish only the other side, they are shown all the same: they say whose act it is.
answered as (
    select *,
        coalesce(
            bool_or(is_own and role = 'penalty') over (partition by source, subject_type, begins), false
        ) as is_answered
    from bound
)

select distinct source, subject_type, begins, ends, id, law, article, paragraph, item, citation, role, quotation,
    summary, trust, valid_from
from answered
where is_own or not is_answered
