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

by_institution as (
    select institution_id as subject_id, count(*) as volume, sum(eligible_amount) as eligible_amount,
        sum(fund_amount) as fund_amount
    from feature.settlement
    group by institution_id
),

by_person as (
    select person_id as subject_id, count(*) as volume, sum(eligible_amount) as eligible_amount,
        sum(fund_amount) as fund_amount
    from feature.settlement
    group by person_id
),

by_practitioner as (
    select practitioner_id as subject_id, sum(encounters) as volume, sum(eligible_amount) as eligible_amount,
        cast(null as decimal(16, 2)) as fund_amount
    from feature.practitioner_day
    group by practitioner_id
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
