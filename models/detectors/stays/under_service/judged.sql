-- Lent: share_of_place
with cost as (
    select institution_id, count(*) as stays,
        sum(total_amount) / sum(cast(cast(total_amount as double) / ratio as decimal(18, 4))) as cost_index
    from group_ratio
    where ratio > 0 and not is_expected
        and is_case_paid
    group by institution_id
),
compared as (
    select h.* exclude (reason), c.stays, c.cost_index,
        case when coalesce(c.stays, 0) < $min_stays then 'too few stays of groups that others have'
            else h.reason end as reason,
        coalesce(h.is_hit and c.cost_index <= $max_index, false) as is_low
    from share_of_place as h
    left join cost as c on c.institution_id = h.institution_id
),
strongest as (
    select *
    from compared
    qualify row_number() over (
        partition by institution_id order by (reason is null) desc, is_low desc, z desc nulls last, share
    ) = 1
)
select case when reason is not null then 'cannot_judge' when is_low then 'hit' else 'clear' end as outcome, reason,
    institution_id, share as part, strength, stays, round(cost_index, 2) as cost_index, share as indicator,
    title as indicator_title, title_zh as indicator_title_zh, '%' as unit, own, usual, peers,
    round(percentile, 1) as percentile, expected, flagged, volume as all_stays, round(z, 2) as z
from strongest;
