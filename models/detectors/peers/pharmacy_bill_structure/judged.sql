-- Lent: unlike_store
-- Two units of the strongest sign's z, or two signs more, make up half the distance to certainty.
select 'hit' as outcome, institution_id, cast(amount as decimal(16, 2)) as amount,
    (z - $min_z) / 2 + (signs - 2) / 2.0 as strength,
    signs, purchases, peers, z, reason_text, reason_text_zh, indicators
from unlike_store;
