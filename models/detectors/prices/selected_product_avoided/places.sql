-- drug_of_place: lines at a hospital of a drug of which a product is selected on that day, and what those of others
-- cost more than the selected one, by content.
create temp table drug_of_place as
with selected as (
    select v.catalogue_code, v.valid_from, v.valid_to, p.generic_key, p.form_key,
        cast(v.selected_price as double) / nullif(p.pieces * coalesce(p.strength, 1), 0) as content_price
    from record.procurement_drug as v
    join drug_pack as p on p.product_code = v.catalogue_code
    where v.is_selected
),
listed_drug as (
    select generic_key, form_key, min(content_price) as content_price, min(valid_from) as valid_from,
        max(coalesce(valid_to, date '9999-12-31')) as valid_to
    from selected
    group by generic_key, form_key
),
bought_product as (
    select l.institution_id, p.generic_key || '|' || p.form_key as drug_key, any_value(p.item_name) as item_name,
        p.product_code in (select s.catalogue_code from selected as s) as is_selected, count(*) as lines,
        sum(cast(greatest(0, least(
            cast(l.eligible_amount as double),
            cast(l.amount as double) - coalesce(
                cast(l.quantity as double) * p.pieces * coalesce(p.strength, 1) * k.content_price,
                cast(l.amount as double)
            )
        )) as decimal(16, 2))) as dearer
    from feature.fee_line as l
    join drug_pack as p on p.product_code = l.catalogue_code
    join listed_drug as k on k.generic_key = p.generic_key and k.form_key = p.form_key
        and l.charged_on >= coalesce(k.valid_from, l.charged_on) and l.charged_on <= k.valid_to
    where l.eligible_amount > 0 and not coalesce(l.is_pharmacy, false)
    group by l.institution_id, p.generic_key, p.form_key, p.product_code
)
select institution_id, drug_key, min(item_name) as item_name, sum(lines) as lines,
    coalesce(sum(lines) filter (where not is_selected), 0) as others,
    coalesce(sum(dearer) filter (where not is_selected), 0) as dearer
from bought_product
group by institution_id, drug_key;

-- bought_place: a hospital with its lines of such drugs.
--   others    of products that are not selected
--   expected  of those, if each drug were used as at all other hospitals together
--   dearer    what they cost more
--   never     drugs without any selected one
create temp table bought_place as
with pooled as (
    -- Half a line of each kind is added: a drug that nobody else uses is expected half and half.
    select *, (sum(others) over w - others + 0.5) / (sum(lines) over w - lines + 1.0) as usual_share
    from drug_of_place
    window w as (partition by drug_key)
)
select institution_id, count(*) as drugs, sum(lines) as lines, sum(others) as others,
    sum(cast(lines * usual_share as decimal(18, 6))) as expected, sum(dearer) as dearer,
    count(*) filter (where others = lines and lines >= $never_lines) as never,
    array_to_string(list(item_name order by dearer desc, item_name)[1:3], '、') as worst
from pooled
group by institution_id;

select b.institution_id, cast(b.others as double) / cast(b.expected as double) as value, b.lines as volume,
    g.key_1, g.key_2, g.key_3, g.key_4, g.breadth
from bought_place as b
join feature.institution_peer_group as g on g.institution_id = b.institution_id
order by b.institution_id;
