-- Lent: scored_place
create temp table rated_place as
with compared as (
    select b.*, s.z, s.peers, s.peer_group, cast(b.others as double) / cast(b.expected as double) as times,
        1 - cast(b.others as double) / b.lines as share, 1 - cast(b.expected as double) / b.lines as usual,
        cast(b.dearer as double) * (1 - cast(b.expected as double) / nullif(b.others, 0)) as excess,
        case
            when s.status in ('volume', 'value') then 'too few lines of such drugs'
            when s.status = 'peers' or s.peer_group = 'all' then 'too few peers'
        end as reason
    from bought_place as b
    join scored_place as s on s.institution_id = b.institution_id
)
select *,
    reason is null and coalesce(z >= $min_z and times >= $min_ratio and share < $max_share
        and excess >= $min_excess, false) as is_avoiding
from compared;

select 'hit' as outcome, institution_id, cast(excess as decimal(16, 2)) as amount, z as distance, drugs,
    'selected_share' as indicator, 'share of selected products' as indicator_title,
    '集采中选品使用占比' as indicator_title_zh, '%' as unit, round(100 * share, 1) as own,
    round(100 * usual, 1) as usual, peers, never, worst, round(z, 2) as z, peer_group, lines
from rated_place
where is_avoiding

union all by name
select 'cannot_judge' as outcome, reason, count(*) as units
from rated_place where reason is not null group by reason

union all by name
select 'clear' as outcome, count(*) as units
from rated_place where reason is null and not is_avoiding having count(*) > 0;
