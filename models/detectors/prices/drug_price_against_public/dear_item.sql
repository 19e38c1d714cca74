create temp table drug_of_side as
select d.*, i.institution_level as level, i.division,
    case when d.is_pharmacy then 'store' when i.ownership = '1' then 'public' when i.ownership = '2' then 'private'
    end as side,
    case
        when i.institution_level = 1 then $level_1
        when i.institution_level = 2 then $level_2
        when i.institution_level = 3 then $level_3
        else $ungraded
    end as limit_type
from feature.drug_price as d
join feature.institution as i on i.institution_id = d.institution_id;

-- drug_beside_reference: what a price is held against is the payment standard of the level, else the public median of
-- the level, else of all; for public institutions the drugstores' median.
create temp table drug_beside_reference as
with standard as (
    select s.institution_id, s.product_code, arg_max(cast(k.price_limit as double), (
            -- The narrower area's comes first, then the newer.
            case when k.division is null then 0 when substr(k.division, 3, 4) = '0000' then 1
                when substr(k.division, 5, 2) = '00' then 2 else 3 end,
            coalesce(k.valid_from, date '1900-01-01'), k.price_limit
        )) as price
    from drug_of_side as s
    join record.price_limit as k on k.item_code = s.product_code and k.price_limit > 0
        and coalesce(k.is_valid, true) and coalesce(k.limit_type, s.limit_type) = s.limit_type
        and coalesce(k.valid_from, s.last_on) <= s.last_on and coalesce(k.valid_to, s.last_on) >= s.last_on
        and (k.division is null or starts_with(s.division, regexp_replace(k.division, '(00)+$', '')))
    group by s.institution_id, s.product_code
),
public_of_level as (
    select product_code, level, median(price) as price, count(*) as peers
    from drug_of_side where side = 'public'
    group by product_code, level having count(*) >= $min_public
),
public_of_any as (
    select product_code, median(price) as price, count(*) as peers
    from drug_of_side where side = 'public'
    group by product_code having count(*) >= $min_public
),
market as (
    select product_code, median(price) as price, count(*) as peers
    from drug_of_side where side = 'store'
    group by product_code having count(*) >= $min_stores
),
chosen as (
    select s.*, k.price as standard_price, l.price as level_price, l.peers as level_peers, a.price as public_price,
        a.peers as public_peers, m.price as market_price, m.peers as market_peers,
        case
            when s.side = 'public' then 'market'
            when k.price is not null then 'standard'
            when s.side = 'private' and l.price is not null then 'level'
            else 'public'
        end as held_against
    from drug_of_side as s
    left join standard as k on k.institution_id = s.institution_id and k.product_code = s.product_code
    left join public_of_level as l on l.product_code = s.product_code and l.level is not distinct from s.level
    left join public_of_any as a on a.product_code = s.product_code
    left join market as m on m.product_code = s.product_code
)
select institution_id, product_code, side, price, eligible_amount,
    case held_against
        when 'market' then market_price
        when 'standard' then standard_price
        when 'level' then level_price
        else public_price
    end as usual,
    case held_against
        when 'market' then market_peers
        when 'level' then level_peers
        when 'public' then public_peers
    end as peers,
    case held_against
        when 'market' then 'median of the drugstores'
        when 'standard' then 'payment standard of the level'
        when 'level' then 'median of the public institutions of the level'
        else 'median of the public institutions'
    end as reference,
    case held_against
        when 'market' then '药店中位价'
        when 'standard' then '本级支付标准'
        when 'level' then '同级公立机构中位价'
        else '公立机构中位价'
    end as reference_zh
from chosen;

create temp table rated_drug as
with compared as (
    select *, price / usual as times,
        price / usual
            - case side when 'store' then $store_ratio when 'private' then $hospital_ratio else $public_ratio end
            as times_beyond
    from drug_beside_reference
),
reasoned as (
    select *,
        case
            when side is null then 'ownership unknown'
            when usual is null then 'too few to compare with'
            when times > $max_ratio or times * $max_ratio < 1 then 'the price is of another unit'
        end as reason
    from compared
)
select *,
    reason is null and coalesce(times_beyond >= 0
        and cast(eligible_amount as double) * (1 - 1 / times) >= $min_excess, false) as is_dear
from reasoned;

create temp table dear_item as
select r.institution_id, r.product_code as item_key, r.usual as allowed, r.usual as above,
    cast(null as date) as from_on, cast(null as date) as until_on, r.side || '|' || r.product_code as part,
    r.times_beyond, r.product_code, 'unit_price' as indicator,
    p.item_name || ', yuan a unit (' || r.reference || ')' as indicator_title,
    p.item_name || '单价（' || r.reference_zh || '）' as indicator_title_zh, '¥' as unit,
    round(r.price, 2) as own, round(r.usual, 2) as usual, r.peers, r.reference, r.reference_zh,
    round(r.times, 2) as ratio
from rated_drug as r
join feature.drug_product as p on p.product_code = r.product_code
where r.is_dear;

select 'cannot_judge' as outcome, reason, count(*) as units
from rated_drug where reason is not null group by reason

union all by name
select 'clear' as outcome, count(*) as units
from rated_drug where reason is null and not is_dear having count(*) > 0;
