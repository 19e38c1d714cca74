-- One row: one person at one institution on one day, outside hospital stays.
-- settled_on: day of settlement
-- settlements: how many that day there
-- first_at, last_at: first and last settlement of the day there
-- total_amount, eligible_amount, fund_amount: yuan
select person_id, institution_id, settled_on, max(is_pharmacy) as is_pharmacy, count(*) as settlements,
    min(settled_at) as first_at, max(settled_at) as last_at,
    cast(sum(total_amount) as decimal(16, 2)) as total_amount,
    cast(sum(eligible_amount) as decimal(16, 2)) as eligible_amount,
    cast(sum(fund_amount) as decimal(16, 2)) as fund_amount
from feature.settlement
where care_setting <> 'inpatient' and person_id is not null
group by person_id, institution_id, settled_on
