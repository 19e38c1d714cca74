-- One row: one institution, with how it posts the charges of its stays of three nights or more
-- stays: those with a charge
-- busiest_share: average share of a stay's lines on its busiest day; near 1 where a ward posts once a stay, so that its
--     days tell nothing of what was done on them
select
    institution_id,
    count(*) as stays,
    -- a sum of decimals does not depend on the order of its rows; a mean of them is rounded by one engine
    cast(sum(cast(busiest_share as decimal(8, 6))) as double) / nullif(count(*), 0) as busiest_share
from feature.stay
where institution_id is not null and days >= 3 and busiest_share is not null
group by institution_id
