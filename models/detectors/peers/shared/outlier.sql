-- Lent: outlier_hit, outlier_cannot
select 'hit' as outcome, person_id, institution_id, practitioner_id,
    cast(case when amount > 0 then amount end as decimal(16, 2)) as amount, indicator, title as indicator_title,
    title_zh as indicator_title_zh, unit, case unit when '¥' then '¥' || own else own || unit end as own_text,
    case unit when '¥' then '¥' || usual else usual || unit end as peer_text, own, usual,
    round(percentile, 1) as percentile, peer_group, peers, round(z, 2) as z, volume, indicator as part, strength
from outlier_hit

union all by name
select 'cannot_judge' as outcome, reason, person_id, institution_id, practitioner_id, units
from outlier_cannot;
