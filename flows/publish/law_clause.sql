-- One row: a source, a kind of subject and a period of law, with all its clauses in one line; other_basis (source, basis)
-- is made of the cards.
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
