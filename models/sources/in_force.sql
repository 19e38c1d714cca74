-- Two temporary tables over cited_law (source, id) and other_basis (source, basis), which the caller makes of the cards;
-- {units} is knowledge.legal_basis.
-- law_unit: one row a unit of law that a source rests on, for one kind of subject and one period of law
-- law_clause: one row a source, kind of subject and period: all its clauses in one line
-- A unit holds from its first to its last day, so a period runs from one change of the law to the next.
create or replace temp table law_unit as
with start as (
    select date '0001-01-01' as begins
    union
    select valid_from from {units} where valid_from is not null
    union
    select cast(valid_to + 1 as date) from {units} where valid_to is not null
),

period as (
    select begins, coalesce(cast(lead(begins) over (order by begins) - 1 as date), date '9999-12-31') as ends
    from start
),

-- What stands beside a unit once a later law is in force binds whom the unit binds, however wide it is worded.
named as (
    select c.source, u.id, u.binds
    from cited_law as c
    join {units} as u on u.id = c.id
    union
    select c.source, u.joined_by, u.binds
    from cited_law as c
    join {units} as u on u.id = c.id
    where u.joined_by is not null
),

holding as (
    select n.source, n.binds, p.begins, p.ends, u.id, u.law, u.article, u.paragraph, u.item, u.citation, u.role,
        u.summary, u.trust, u.valid_from,
        case when u.trust in ('high', 'medium') then u.quotation end as quotation
    from named as n
    join {units} as u on u.id = n.id
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
where is_own or not is_answered;

create or replace temp table law_clause as
with period as (
    select begins, coalesce(cast(lead(begins) over (order by begins) - 1 as date), date '9999-12-31') as ends
    from (select distinct begins from law_unit union select date '0001-01-01')
),

of_law as (
    select source, subject_type, begins, law, min(valid_from) as since,
        string_agg(
            citation || case when item is not null and quotation is not null then '“' || quotation || '”' else '' end,
            '、' order by article, paragraph, item
        ) as units
    from law_unit
    group by source, subject_type, begins, law
),

cited as (
    select source, subject_type, begins, string_agg(law || units, '；' order by since, law) as laws
    from of_law
    group by source, subject_type, begins
),

subject as (
    select unnest(['institution', 'pharmacy', 'practitioner', 'person', 'group']) as subject_type
)

select o.source, s.subject_type, p.begins, p.ends,
    coalesce(
        nullif(concat_ws('；', c.laws, nullif(o.basis, '')), ''), '行为发生时，所涉法律、法规尚未施行'
    ) as clause
from other_basis as o
cross join subject as s
cross join period as p
left join cited as c on c.source = o.source and c.subject_type = s.subject_type and c.begins = p.begins
