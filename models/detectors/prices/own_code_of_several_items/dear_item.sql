-- own_code: an institution's own code with the national items it is billed as.
--   overlap  the days two items in succession of their first day are billed side by side, the longest of the code
create temp table own_code as
with billed_item as (
    select institution_id, institution_item_code as own_code, item_code, any_value(item_name) as item_name,
        count(*) as lines, min(charged_on) as first_on, max(charged_on) as last_on,
        median(cast(unit_price as double)) as price, sum(eligible_amount) as eligible_amount
    from feature.fee_line
    where institution_item_code is not null and institution_id is not null and unit_price > 0
    group by institution_id, institution_item_code, item_code
),
placed as (
    select *, lag(last_on) over (partition by institution_id, own_code order by first_on, item_code) as last_before,
        min(price) over (partition by institution_id, own_code) as cheap_price
    from billed_item
    where lines >= $min_lines
),
summed as (
    select institution_id, own_code, count(*) as items,
        max(case when last_before is not null then date_diff('day', first_on, least(last_on, last_before)) end)
            as overlap,
        min(price) as cheap_price, arg_min(item_name, (price, item_code)) as cheap_name, max(price) as dear_price,
        sum(cast(cast(eligible_amount as double) * (1 - cheap_price / price) as decimal(16, 2))) as excess
    from placed
    group by institution_id, own_code
)
select *, items > $max_items as is_broad,
    coalesce(items between 2 and $max_items and overlap >= $min_overlap and dear_price >= $min_ratio * cheap_price
        and excess >= $min_excess, false) as is_mixed
from summed;

-- A dear line costs the least ratio or more times the cheapest item's price; what it is above that price is at issue.
create temp table dear_item as
select institution_id, c.own_code as item_key, c.cheap_price as allowed, c.cheap_price * $min_ratio - 0.000001 as above,
    cast(null as date) as from_on, cast(null as date) as until_on, c.own_code as part,
    1.0 as strength,  -- all alike: a code of two items may be a till code of packs from several makers
    c.own_code, items, cheap_name, round(c.cheap_price, 2) as cheap_price, overlap
from own_code as c
where is_mixed;

select 'cannot_judge' as outcome, 'the own code stands for everything' as reason, count(*) as units
from own_code where is_broad having count(*) > 0

union all by name
select 'clear' as outcome, count(*) as units
from own_code where not is_broad and not is_mixed having count(*) > 0;
