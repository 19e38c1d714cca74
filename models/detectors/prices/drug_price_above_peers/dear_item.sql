-- rated_drug: a drug at an institution beside the others of the kind. Prices count as apart by 2 % at least: where all
-- others charge the same to the fen, a few fen more are no sign.
create temp table rated_drug as
with compared as (
    select *, price / usual as times,
        case
            when peers < $min_peers then 'too few others with the drug'
            when price > $max_ratio * usual or price * $max_ratio < usual then 'the price is of another unit'
        end as reason
    from priced_beside_others
)
select *,
    reason is null
        and coalesce(lines >= $min_lines and times >= $min_ratio and ln(times) >= $min_z * greatest(spread, 0.02)
            and cast(eligible_amount as double) * (1 - 1 / times) >= $min_excess, false) as is_dear
from compared;

create temp table dear_item as
select r.institution_id, r.product_code as item_key, r.usual as allowed, r.usual as above,
    cast(null as date) as from_on, cast(null as date) as until_on, r.product_code as part, r.times, r.product_code,
    'unit_price' as indicator, p.item_name || ', yuan a unit' as indicator_title,
    p.item_name || '单价' as indicator_title_zh, '¥' as unit, round(r.price, 2) as own, round(r.usual, 2) as usual,
    r.peers, round(r.times, 2) as ratio
from rated_drug as r
join feature.drug_product as p on p.product_code = r.product_code
where r.is_dear;

select 'cannot_judge' as outcome, reason, count(*) as units
from rated_drug where reason is not null group by reason

union all by name
select 'clear' as outcome, count(*) as units
from rated_drug where reason is null and not is_dear having count(*) > 0;
