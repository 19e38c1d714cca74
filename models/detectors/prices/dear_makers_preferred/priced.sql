-- content_of_drug: a drug of one maker, and what makes it the same drug as another maker's.
create temp table content_of_drug as
select *, concat_ws('|', generic_key, form_key, coalesce(round(strength, 6), 0), strength_unit, coalesce(volume, 0),
        rest) as drug_key
from drug_pack
where is_read;

-- priced: the mean price of a piece of a drug of several makers at an institution.
create temp table priced as
with bought_in_volume as (
    select generic_key, form_key
    from content_of_drug
    where product_code in (select catalogue_code from record.procurement_drug)
),
drug_of_several as (
    select drug_key, count(distinct maker_key) as makers, min(item_name) as item_name
    from content_of_drug as c
    where not exists (
        select 1 from bought_in_volume as b where b.generic_key = c.generic_key and b.form_key = c.form_key
    )
    group by drug_key
    having count(distinct maker_key) > 1
)
select d.institution_id, c.drug_key, any_value(s.item_name) as item_name, any_value(s.makers) as makers,
    sum(d.lines) as lines, sum(d.eligible_amount) as eligible_amount,
    cast(sum(d.amount) as double)
        / sum(cast(round(cast(d.quantity as double) * c.pieces, 4) as decimal(28, 4))) as price,
    d.is_pharmacy || '|' || c.drug_key as price_key, true as is_member
from feature.drug_price as d
join content_of_drug as c on c.product_code = d.product_code
join drug_of_several as s on s.drug_key = c.drug_key
group by d.institution_id, d.is_pharmacy, c.drug_key
having sum(d.amount) > 0;
