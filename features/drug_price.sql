-- One row: one drug at one institution over the whole record.
-- product_code: see drug_product
-- lines, quantity: counts and units
-- price: the median price of the units, yuan
-- lowest_price, highest_price: yuan a unit
-- amount, eligible_amount: yuan
with priced as (
    select institution_id, coalesce(is_pharmacy, false) as is_pharmacy, catalogue_code, item_code, unit_price,
        count(*) as lines, sum(quantity) as quantity, sum(amount) as amount, sum(eligible_amount) as eligible_amount,
        min(charged_on) as first_on, max(charged_on) as last_on
    from feature.fee_line
    where institution_id is not null and unit_price > 0 and quantity > 0
    group by institution_id, coalesce(is_pharmacy, false), catalogue_code, item_code, unit_price
),

named as (
    select p.*, coalesce(c.product_code, i.product_code) as product_code
    from priced as p
    left join feature.drug_product as c on c.product_code = p.catalogue_code
    left join feature.drug_product as i on i.product_code = p.item_code
),

ranked as (
    select named.*,
        sum(quantity) over (partition by institution_id, product_code order by unit_price) as running,
        sum(quantity) over (partition by institution_id, product_code) as units
    from named
    where product_code is not null
)

select institution_id, product_code, max(is_pharmacy) as is_pharmacy, cast(sum(lines) as bigint) as lines,
    sum(quantity) as quantity,
    cast(min(case when running * 2 >= units then unit_price end) as double) as price,
    cast(min(unit_price) as double) as lowest_price, cast(max(unit_price) as double) as highest_price,
    cast(sum(amount) as decimal(16, 2)) as amount, cast(sum(eligible_amount) as decimal(16, 2)) as eligible_amount,
    min(first_on) as first_on, max(last_on) as last_on
from ranked
group by institution_id, product_code
