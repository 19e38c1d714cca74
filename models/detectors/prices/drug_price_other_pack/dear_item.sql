-- drug_beside_pack: a drug beside each other specification of its maker, with that one's median price converted to it.
create temp table drug_beside_pack as
with price_of_drug as (
    select product_code, is_pharmacy, median(price) as price, count(*) as peers
    from feature.drug_price
    group by product_code, is_pharmacy
),
pair as (
    select a.product_code, a.item_name, a.specification, m.is_pharmacy, b.product_code as other_code,
        b.specification as other_specification, m.price as other_price, m.peers, a.is_read and b.is_read as is_read,
        log2(coalesce(nullif(a.strength, 0) / b.strength, 1)) as content_steps, log2(a.pieces / b.pieces) as pack_steps,
        a.strength_unit is not distinct from b.strength_unit and a.volume is not distinct from b.volume
            and a.rest is not distinct from b.rest and (a.strength <> b.strength or a.pieces <> b.pieces)
            as is_of_one_kind
    from drug_pack as a
    join drug_pack as b on b.generic_key = a.generic_key and b.form_key = a.form_key and b.maker_key = a.maker_key
        and b.product_code <> a.product_code
    join price_of_drug as m on m.product_code = b.product_code
)
-- By 药品差比价规则 the price is so many times as much where the content, or the number of pieces, doubles.
select *, other_price * pow($content_factor, content_steps) * pow($pack_factor, pack_steps) as usual,
    is_of_one_kind and abs(content_steps) <= log2($max_step) and abs(pack_steps) <= log2($max_step) as is_convertible
from pair;

-- rated_drug: a drug at an institution beside the one specification that it is dearest against.
create temp table rated_drug as
with compared as (
    select d.institution_id, d.price, d.eligible_amount, p.* exclude (is_pharmacy), d.price / p.usual as times,
        case
            when not p.is_read then 'the specification cannot be read'
            when not p.is_convertible then 'volume, share or size differ: not converted'
            when p.peers < $min_peers then 'too few with the other specification'
            when d.price > $max_ratio * p.usual then 'the price is of another unit'
        end as reason
    from feature.drug_price as d
    join drug_beside_pack as p on p.product_code = d.product_code and p.is_pharmacy = d.is_pharmacy
)
select *,
    reason is null and coalesce(times >= $min_ratio
        and cast(eligible_amount as double) * (1 - 1 / times) >= $min_excess, false) as is_dear
from compared
qualify row_number() over (
    partition by institution_id, product_code order by reason is not null, times desc, other_code
) = 1;

create temp table dear_item as
select institution_id, product_code as item_key, usual as allowed, usual as above, cast(null as date) as from_on,
    cast(null as date) as until_on, product_code as part, times, product_code, specification, other_code,
    other_specification, round(other_price, 2) as other_price, 'unit_price' as indicator,
    item_name || ' ' || specification || ', yuan a unit, converted from ' || other_specification as indicator_title,
    item_name || specification || '单价（按' || other_specification || '折算）' as indicator_title_zh, '¥' as unit,
    round(price, 2) as own, round(usual, 2) as usual, peers, round(times, 2) as ratio
from rated_drug
where is_dear;

select 'cannot_judge' as outcome, reason, count(*) as units
from rated_drug where reason is not null group by reason

union all by name
select 'clear' as outcome, count(*) as units
from rated_drug where reason is null and not is_dear having count(*) > 0;
