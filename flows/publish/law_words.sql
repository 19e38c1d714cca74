-- One row: a unit of law with its words, for one source, kind of subject and period (law_unit); an item comes after the
-- opening of its paragraph, which says who punishes and how.
-- What every page may need stands under no source: limitation, which law is applied, how loss is counted in case payment.
with opening as (
    select distinct i.source, i.subject_type, i.begins, i.ends, h.id
    from law_unit as i
    join knowledge.legal_basis as h
        on h.law = i.law and h.article = i.article and h.paragraph = i.paragraph and h.item is null
        and i.begins between coalesce(h.valid_from, date '0001-01-01') and coalesce(h.valid_to, date '9999-12-31')
    where i.item is not null
),

named as (
    select source, subject_type, begins, ends, id from law_unit
    union
    select source, subject_type, begins, ends, id from opening
    union
    select null, null, null, null, id from knowledge.legal_basis where role in ('limitation', 'time', 'loss') and item is null
)

select n.source, n.subject_type, n.begins, n.ends, u.id, u.law, u.citation, u.role, u.valid_from, u.summary,
    case when u.trust in ('high', 'medium') then u.quotation end as quotation,
    min(u.valid_from) over (partition by u.law) as since, u.article, u.paragraph, u.item
from named as n
join knowledge.legal_basis as u on u.id = n.id
qualify row_number() over (
    partition by n.source, n.subject_type, n.begins, u.id order by u.valid_from desc nulls last
) = 1
order by n.source, n.subject_type, n.begins, since, u.law, u.article, u.paragraph nulls first, u.item nulls first
