-- priced_beside_others: the rows of priced, a step of the detector, each beside the others of its price_key:
--   peers   how many others have a price; usual: the median of theirs
--   spread  the robust deviation of the logarithms of all
-- priced has price_key, institution_id, price (above 0) and is_member: who is none asks, but counts for nobody else.
-- Lent: priced
create temp table priced_beside_others as
with member as (
    select price_key, list(price order by price) as prices, 1.4826 * mad(ln(price)) as spread
    from priced
    where is_member
    group by price_key
),
placed as (
    select p.*, m.prices, m.spread, coalesce(len(m.prices), 0) - cast(p.is_member as integer) as peers,
        case when p.is_member then
            row_number() over (partition by p.price_key, p.is_member order by p.price, p.institution_id)
        end as place
    from priced as p
    left join member as m on m.price_key = p.price_key
),
-- Places of the two in the middle, had the row's own price been taken out: from its place on all move up by one.
middle as (
    select *, (peers + 1) // 2 as low, peers // 2 + 1 as high from placed
)
select * exclude (is_member, prices, place, low, high),
    case when peers > 0 then
        (prices[low + cast(coalesce(low >= place, false) as integer)]
            + prices[high + cast(coalesce(high >= place, false) as integer)]) / 2
    end as usual
from middle;
