-- One row: one subject with at least one finding of a live source or a tip to handle, and how much business it had.
-- volume: settlements that stand (practitioners: encounters served, by day), the exposure to slips
-- eligible_amount, fund_amount: yuan of all its business
with accused as (
    select f.subject_type, f.subject_id
    from listed_finding as f
    union
    select o.subject_type, o.subject_id
    from open_tip as o
),

-- Business under a code that people said to be another's is that one's.
by_institution as (
    select coalesce(c.kept_id, s.institution_id) as subject_id, count(*) as volume,
        sum(s.eligible_amount) as eligible_amount, sum(s.fund_amount) as fund_amount
    from feature.settlement as s
    left join casebook.current_same as c
        on c.subject_id = s.institution_id and c.subject_type in ('institution', 'pharmacy')
    group by coalesce(c.kept_id, s.institution_id)
),

by_person as (
    select coalesce(c.kept_id, s.person_id) as subject_id, count(*) as volume,
        sum(s.eligible_amount) as eligible_amount, sum(s.fund_amount) as fund_amount
    from feature.settlement as s
    left join casebook.current_same as c on c.subject_id = s.person_id and c.subject_type = 'person'
    group by coalesce(c.kept_id, s.person_id)
),

by_practitioner as (
    select coalesce(c.kept_id, d.practitioner_id) as subject_id, sum(d.encounters) as volume,
        sum(d.eligible_amount) as eligible_amount, cast(null as decimal(16, 2)) as fund_amount
    from feature.practitioner_day as d
    left join casebook.current_same as c on c.subject_id = d.practitioner_id and c.subject_type = 'practitioner'
    group by coalesce(c.kept_id, d.practitioner_id)
)

select a.subject_type, a.subject_id,
    coalesce(i.volume, p.volume, r.volume, 0) as volume,
    coalesce(i.eligible_amount, p.eligible_amount, r.eligible_amount) as eligible_amount,
    coalesce(i.fund_amount, p.fund_amount, r.fund_amount) as fund_amount
from accused as a
left join by_institution as i
    on a.subject_type in ('institution', 'pharmacy') and i.subject_id = a.subject_id
left join by_person as p on a.subject_type = 'person' and p.subject_id = a.subject_id
left join by_practitioner as r on a.subject_type = 'practitioner' and r.subject_id = a.subject_id
