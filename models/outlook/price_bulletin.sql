-- One row: one drug at one institution beside the others of the kind (drugstores, or medical institutions).
-- price: the median price of the units there; peers: how many of the kind have the drug, itself too
-- place: 1 is the dearest of the kind
-- price_limit: the highest limit that holds for the drug on its last day; selected_price: of volume procurement
with held as (
    select product_code, is_pharmacy, count(*) as peers, min(price) as lowest, median(price) as usual,
        max(price) as highest
    from feature.drug_price group by product_code, is_pharmacy
),

limited as (
    select item_code as product_code, max(price_limit) as price_limit
    from record.price_limit
    where price_limit > 0 and coalesce(is_valid, true)
        and coalesce(valid_to, date '9999-12-31') >= (select max(last_on) from feature.drug_price)
    group by item_code
),

selected as (
    select catalogue_code as product_code, min(selected_price) as selected_price
    from record.procurement_drug
    where is_selected and coalesce(valid_to, date '9999-12-31') >= (select max(last_on) from feature.drug_price)
    group by catalogue_code
)

select d.product_code as item_code, p.item_name, p.specification, p.trade_name, d.institution_id, i.institution_name,
    i.division as region, case when d.is_pharmacy then 'pharmacy' else 'institution' end as kind, d.lines,
    cast(d.quantity as double) as quantity, round(d.price, 4) as price, h.peers, round(h.lowest, 4) as lowest,
    round(h.usual, 4) as usual, round(h.highest, 4) as highest, round(d.price / h.usual, 3) as ratio,
    rank() over (partition by d.product_code, d.is_pharmacy order by d.price desc) as place,
    cast(l.price_limit as double) as price_limit, cast(s.selected_price as double) as selected_price
from feature.drug_price as d
join feature.drug_product as p on p.product_code = d.product_code
join held as h on h.product_code = d.product_code and h.is_pharmacy = d.is_pharmacy
left join feature.institution as i on i.institution_id = d.institution_id
left join limited as l on l.product_code = d.product_code
left join selected as s on s.product_code = d.product_code
where h.peers >= $peers and ($kind is null or $kind = case when d.is_pharmacy then 'pharmacy' else 'institution' end)
    and ($institution is null or d.institution_id = $institution)
    and ($item is null or starts_with(d.product_code, $item) or contains(p.item_name, $item))
    and d.price >= coalesce($above, 0) * h.usual
order by p.item_name, d.product_code, kind, place, d.institution_id
