-- One row: one institution (hospital, clinic or drugstore) in one month.
-- settlements, persons, stays: counts; a stay counts in the month it began
-- total_amount, eligible_amount, fund_amount, inpatient_amount: yuan
-- bed_days: nights of the stays that began in the month
with paid as (
    select institution_id, month, max(is_pharmacy) as is_pharmacy, count(*) as settlements,
        count(distinct person_id) as persons,
        cast(sum(total_amount) as decimal(16, 2)) as total_amount,
        cast(sum(eligible_amount) as decimal(16, 2)) as eligible_amount,
        cast(sum(fund_amount) as decimal(16, 2)) as fund_amount,
        cast(sum(case when care_setting = 'inpatient' then eligible_amount else 0 end) as decimal(16, 2))
            as inpatient_amount
    from feature.settlement
    where institution_id is not null
    group by institution_id, month
),

stays as (
    select institution_id, cast(date_trunc('month', started_on) as date) as month, count(*) as stays,
        sum(days) as bed_days
    from feature.encounter
    where is_inpatient
    group by institution_id, cast(date_trunc('month', started_on) as date)
)

select p.institution_id, p.month, p.is_pharmacy, p.settlements, p.persons, coalesce(s.stays, 0) as stays,
    coalesce(s.bed_days, 0) as bed_days, p.total_amount, p.eligible_amount, p.fund_amount, p.inpatient_amount
from paid as p
left join stays as s on s.institution_id = p.institution_id and s.month = p.month
