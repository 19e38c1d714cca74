-- One row: one institution (hospital, clinic or drugstore) on one day of settlement.
-- settlements, persons: counts
-- first_at, last_at: first and last settlement
-- largest_burst: most settlements within one clock hour
-- total_amount, eligible_amount, fund_amount: yuan
with by_hour as (
    select institution_id, settled_on, date_trunc('hour', settled_at) as hour_at, count(*) as settlements
    from feature.settlement
    group by institution_id, settled_on, date_trunc('hour', settled_at)
),

burst as (
    select institution_id, settled_on, max(settlements) as largest_burst
    from by_hour
    group by institution_id, settled_on
),

paid as (
    select institution_id, settled_on, max(is_pharmacy) as is_pharmacy, count(*) as settlements,
        count(distinct person_id) as persons, min(settled_at) as first_at, max(settled_at) as last_at,
        cast(sum(total_amount) as decimal(16, 2)) as total_amount,
        cast(sum(eligible_amount) as decimal(16, 2)) as eligible_amount,
        cast(sum(fund_amount) as decimal(16, 2)) as fund_amount
    from feature.settlement
    where institution_id is not null
    group by institution_id, settled_on
)

select p.institution_id, p.settled_on, p.is_pharmacy, p.settlements, p.persons, p.first_at, p.last_at,
    b.largest_burst, p.total_amount, p.eligible_amount, p.fund_amount
from paid as p
join burst as b on b.institution_id = p.institution_id and b.settled_on = p.settled_on
