-- priced: a consumable's price at an institution in a month, once for each pool it may be held against, the nearest
-- first: public institutions of its level, public ones of any level, all of its level.
create temp table consumable_month as
select m.institution_id, m.item_code, m.item_name, m.month, m.median_price as price, m.eligible_amount,
    coalesce(cast(i.institution_level as varchar), '-') as level, coalesce(i.ownership = '1', false) as is_public
from feature.item_price_month as m
join feature.institution as i on i.institution_id = m.institution_id
-- A national consumable code is C and 19 characters (20 in some areas); its last five name the maker.
where regexp_matches(m.item_code, '^C[0-9]{19,20}$') and m.median_price > 0 and not coalesce(m.is_pharmacy, false);

create temp table priced as
select institution_id, item_code, month, price, 1 as pool, concat_ws('|', 1, item_code, month, level) as price_key,
    is_public as is_member
from consumable_month
union all
select institution_id, item_code, month, price, 2, concat_ws('|', 2, item_code, month), is_public
from consumable_month
union all
select institution_id, item_code, month, price, 3, concat_ws('|', 3, item_code, month, level), true
from consumable_month;
