-- rated_month: a consumable at an institution in a month beside the nearest pool that has enough others. Prices
-- count as apart by 2 % at least: where all others charge the same to the fen, a few fen more are no sign.
create temp table rated_month as
with nearest as (
    select institution_id, item_code, month, pool, peers, spread, usual
    from priced_beside_others
    where peers >= case pool when 3 then $min_peers else $min_public end
    qualify row_number() over (partition by institution_id, item_code, month order by pool) = 1
),
compared as (
    select m.*, n.pool, n.peers, n.spread, n.usual, m.price / n.usual as times,
        case
            when n.usual is null then 'too few others with the consumable in the month'
            when m.price > $max_ratio * n.usual or m.price * $max_ratio < n.usual
                then 'the price is of another unit'
        end as reason
    from consumable_month as m
    left join nearest as n
        on n.institution_id = m.institution_id and n.item_code = m.item_code and n.month = m.month
),
rated as (
    select *,
        reason is null and coalesce(times >= $min_ratio and ln(times) >= $min_z * greatest(spread, 0.02)
            and eligible_amount > 0, false) as is_above
    from compared
),
whole as (
    select *, count(*) filter (where is_above) over w as dear_months,
        count(*) filter (where reason is null) over w as months,
        sum(case when is_above then cast(eligible_amount as double) * (1 - 1 / times) end) over w as excess
    from rated
    window w as (partition by institution_id, item_code)
)
select *, is_above and dear_months >= $min_months and coalesce(excess >= $min_excess, false) as is_dear
from whole;

create temp table dear_item as
select institution_id, item_code as item_key, r.usual as allowed, r.usual as above, r.month as from_on,
    cast(r.month + interval 1 month - interval 1 day as date) as until_on, item_code as part, times,
    item_code, strftime(r.month, '%Y-%m') as month, 'unit_price' as indicator,
    item_name || ', yuan a unit' as indicator_title, item_name || '单价' as indicator_title_zh, '¥' as unit,
    round(price, 2) as own, round(r.usual, 2) as usual, peers, round(times, 2) as ratio, dear_months, months,
    case pool when 1 then 'public institutions of the level' when 2 then 'public institutions'
        else 'institutions of the level' end as reference,
    case pool when 1 then '同级公立机构' when 2 then '公立机构' else '同级机构' end as reference_zh,
    case when ends_with(item_code, '00000') then ', by a code that names no maker' else '' end as maker,
    case when ends_with(item_code, '00000') then '（编码不含生产企业）' else '' end as maker_zh
from rated_month as r
where is_dear;

select 'cannot_judge' as outcome, reason, count(*) as units
from rated_month where reason is not null group by reason

union all by name
select 'clear' as outcome, count(*) as units
from rated_month where reason is null and not is_dear having count(*) > 0;
