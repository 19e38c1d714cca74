-- Lent: outlier_hit, outlier_cannot
select 'hit' as outcome, person_id, institution_id, practitioner_id,
    cast(case when amount > 0 then amount end as decimal(16, 2)) as amount, indicator, title as indicator_title,
    title_zh as indicator_title_zh, unit, case when unit = '¥' then '¥' || cast(cast(own as decimal(16, 2)) as varchar)
        else regexp_replace(cast(own as varchar), '[.]0$', '') || unit end as own_text,
    case when unit = '¥' then '¥' || cast(cast(usual as decimal(16, 2)) as varchar)
        else regexp_replace(cast(usual as varchar), '[.]0$', '') || unit end as peer_text, own, usual,
    round(percentile, 1) as percentile, peer_group, peers, round(z, 2) as z, volume, indicator as part, strength,
    innocent, innocent_zh, norm, coalesce(' (' || norm || ')', '') as norm_text
from outlier_hit

union all by name
select 'cannot_judge' as outcome, reason, person_id, institution_id, practitioner_id, units
from outlier_cannot;
