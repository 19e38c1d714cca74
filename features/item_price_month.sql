-- One row: one item at one institution in one month.
-- lines, quantity: counts and units
-- lowest_price, median_price, highest_price: yuan a unit
-- amount, eligible_amount: yuan
select institution_id, item_code, max(item_name) as item_name, max(is_pharmacy) as is_pharmacy,
    cast(date_trunc('month', charged_at) as date) as month, count(*) as lines, sum(quantity) as quantity,
    min(unit_price) as lowest_price, quantile_cont(cast(unit_price as double), 0.5) as median_price,
    max(unit_price) as highest_price, cast(sum(amount) as decimal(16, 2)) as amount,
    cast(sum(eligible_amount) as decimal(16, 2)) as eligible_amount
from feature.fee_line
where institution_id is not null
group by institution_id, item_code, cast(date_trunc('month', charged_at) as date)
