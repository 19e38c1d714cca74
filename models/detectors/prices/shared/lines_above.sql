-- The lines of what is too dear: hits. They come from dear_item, a step of the detector, one row an item at an
-- institution (in a span of days):
--   item_key           the code of its lines, which $known_by names: product code, item code or own code
--   allowed            yuan a unit: what a line is above it is at issue
--   above              yuan a unit: only lines dearer than this
--   from_on, until_on  first and last day of its lines; null is no bound
--   and besides        part, and what the sentence tells
-- A hit's units are 1 on the first line and 0 on the others, so that units are rows of dear_item.
-- Lent: dear_item
with dear_line as (
    select d.*, l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.practitioner_id,
        l.charged_on as occurred_on, l.item_name, cast(l.unit_price as double) as unit_price,
        cast(l.quantity as double) as quantity,
        -- What lay above a limit was the person's own already.
        cast(round(least(
            cast(l.eligible_amount as double),
            (cast(l.unit_price as double) - d.allowed) * cast(l.quantity as double)
                - cast(coalesce(l.over_limit_amount, 0) as double)
        ), 2) as decimal(16, 2)) as amount
    from feature.fee_line as l
    join dear_item as d on d.institution_id = l.institution_id
        and d.item_key = case
            when $known_by = 'own code' then l.institution_item_code
            -- A drug's national code is what its catalogue code is, else its item code.
            when $known_by = 'product code' and l.catalogue_code in (select product_code from feature.drug_product)
                then l.catalogue_code
            else l.item_code
        end
        and l.charged_on between coalesce(d.from_on, l.charged_on) and coalesce(d.until_on, l.charged_on)
    where l.eligible_amount > 0 and l.quantity > 0
        and cast(l.unit_price as double) > greatest(d.allowed, d.above)
)
select 'hit' as outcome, * exclude (item_key, allowed, above, from_on, until_on),
    cast(row_number() over (
        partition by institution_id, item_key, from_on, part order by occurred_on, settlement_id, line_id
    ) = 1 as bigint) as units
from dear_line
where amount >= 0.01;
